//! The graph as XML (GRAPH section 8).

use std::fmt::{self, Write};

use rustc_hash::FxHashMap;

use crate::cib::{Escaped, write_attribute, write_escaped};
use crate::run::Run;

use super::attributes::Name;
use super::element::{Content, Describer, Mention};
use super::graph::SHUTDOWN_LOCK;
use super::select::{header, priority};
use super::{Details, GraphAction, Selection, Transition};

/// The graph of what was selected as XML text, two blanks a level: that of [`Transition::to_xml`], without the value.
pub(crate) fn graph(run: &Run<'_>, selection: &Selection) -> String {
    let mut text = String::new();
    // Writing into a string can't fail.
    let _ = write_graph(run, selection, &mut text);
    text
}

fn write_graph(run: &Run<'_>, selection: &Selection, out: &mut impl Write) -> fmt::Result {
    let mut writer = GraphWriter::begin(out, &header(run), selection.chosen.is_empty())?;
    for &id in &selection.chosen {
        let (mention, content) = Describer::new(run, id).element();
        let mentions = selection.triggers(id).map(|first| Describer::new(run, first).mention());
        writer.synapse(priority(run, id), &mention, Some(&content), mentions)?;
    }
    writer.end()
}

impl Transition {
    /// The graph as XML text, two blanks a level.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut text = String::new();
        // Writing into a string can't fail.
        let _ = self.write_xml(&mut text);
        text
    }

    /// Writes the graph as XML.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_xml(&self, out: &mut impl Write) -> fmt::Result {
        let actions = self.by_number();
        let mut writer = GraphWriter::begin(out, &self.header, self.synapses.is_empty())?;
        for synapse in &self.synapses {
            let mentions = synapse.inputs.iter().filter_map(|number| actions.get(number)).map(|action| action.as_mention());
            let content = synapse.action.details.as_deref().map(Details::as_content);
            writer.synapse(synapse.priority, &synapse.action.as_mention(), content.as_ref(), mentions)?;
        }
        writer.end()
    }

    /// Every action that stands in the graph, be it only as an input, by its number.
    fn by_number(&self) -> FxHashMap<u32, &GraphAction> {
        let actions = self.synapses.iter().map(|synapse| &synapse.action);
        actions.chain(&self.absent).map(|action| (action.id, action)).collect()
    }
}

impl GraphAction {
    fn as_mention(&self) -> Mention<'_> {
        let names = self.attributes.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        Mention { kind: self.kind, number: self.id, names }
    }
}

impl Details {
    fn as_content(&self) -> Content<'_> {
        let Self { resource, attributes, params, downed, maintenance } = self;
        Content {
            resource: resource.as_ref().map(|pairs| pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()),
            attributes: attributes.iter().map(|(name, value)| (Name::plain(&**name), value.as_str().into())).collect(),
            params: params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            downed: downed.as_ref().map(|ids| ids.iter().map(String::as_str).collect()),
            maintenance: maintenance.as_ref().map(|nodes| nodes.iter().map(|(id, on)| (id.as_str(), *on)).collect()),
        }
    }
}

/// Writes a graph, synapse by synapse.
struct GraphWriter<'o, W> {
    out: &'o mut W,
    synapses: usize,
    empty: bool,
}

impl<'o, W: Write> GraphWriter<'o, W> {
    fn begin(out: &'o mut W, header: &[(&'static str, String)], empty: bool) -> Result<Self, fmt::Error> {
        out.write_str("<transition_graph")?;
        for (name, value) in header {
            write_attribute(out, name, value)?;
        }
        out.write_str(if empty { "/>\n" } else { ">\n" })?;
        Ok(Self { out, synapses: 0, empty })
    }

    fn end(self) -> fmt::Result {
        if self.empty { Ok(()) } else { self.out.write_str("</transition_graph>\n") }
    }

    fn synapse<'a>(
        &mut self,
        priority: i32,
        action: &Mention<'_>,
        content: Option<&Content<'_>>,
        inputs: impl Iterator<Item = Mention<'a>>,
    ) -> fmt::Result {
        write!(self.out, "  <synapse id=\"{}\"", self.synapses)?;
        self.synapses += 1;
        if priority > 0 {
            write!(self.out, " priority=\"{priority}\"")?;
        }
        self.out.write_str(">\n    <action_set>\n")?;
        self.action(action, content)?;
        self.out.write_str("    </action_set>\n")?;
        let mut inputs = inputs.peekable();
        if inputs.peek().is_none() {
            return self.out.write_str("    <inputs/>\n  </synapse>\n");
        }
        self.out.write_str("    <inputs>\n")?;
        for input in inputs {
            self.out.write_str("      <trigger>\n        <")?;
            self.names(&input, false)?;
            self.out.write_str("/>\n      </trigger>\n")?;
        }
        self.out.write_str("    </inputs>\n  </synapse>\n")
    }

    fn action(&mut self, action: &Mention<'_>, content: Option<&Content<'_>>) -> fmt::Result {
        self.out.write_str("      <")?;
        self.names(action, true)?;
        let Some(content) = content else { return self.out.write_str("/>\n") };
        self.out.write_str(">\n")?;
        if let Some(resource) = &content.resource {
            self.out.write_str("        <primitive")?;
            for (name, value) in resource {
                write_attribute(self.out, name, value)?;
            }
            self.out.write_str("/>\n")?;
        }
        self.attributes(content)?;
        self.nodes(content)?;
        writeln!(self.out, "      </{}>", action.kind.as_str())
    }

    /// The name and attributes of an element. What only the action itself has, its mention as an input leaves out.
    fn names(&mut self, action: &Mention<'_>, with_lock: bool) -> fmt::Result {
        self.out.write_str(action.kind.as_str())?;
        for (name, value) in action.names.iter().filter(|(name, _)| with_lock || *name != SHUTDOWN_LOCK) {
            write_attribute(self.out, name, value)?;
        }
        Ok(())
    }

    fn attributes(&mut self, content: &Content<'_>) -> fmt::Result {
        self.out.write_str("        <attributes")?;
        for (name, value) in &content.attributes {
            self.out.write_str(" ")?;
            for piece in name.pieces() {
                self.out.write_str(piece)?;
            }
            self.out.write_str("=\"")?;
            write_escaped(self.out, value)?;
            self.out.write_str("\"")?;
        }
        if content.params.is_empty() {
            return self.out.write_str("/>\n");
        }
        self.out.write_str(">\n")?;
        for (name, value) in &content.params {
            self.out.write_str("          <param")?;
            write_attribute(self.out, "name", name)?;
            write_attribute(self.out, "value", value)?;
            self.out.write_str("/>\n")?;
        }
        self.out.write_str("        </attributes>\n")
    }

    fn nodes(&mut self, content: &Content<'_>) -> fmt::Result {
        if let Some(downed) = &content.downed {
            self.out.write_str("        <downed>\n")?;
            for id in downed {
                writeln!(self.out, "          <node id=\"{}\"/>", Escaped(id))?;
            }
            self.out.write_str("        </downed>\n")?;
        }
        if let Some(maintenance) = &content.maintenance {
            self.out.write_str("        <maintenance>\n")?;
            for (id, on) in maintenance {
                let on = u8::from(*on);
                writeln!(self.out, "          <node id=\"{}\" node_in_maintenance=\"{on}\"/>", Escaped(id))?;
            }
            self.out.write_str("        </maintenance>\n")?;
        }
        Ok(())
    }
}
