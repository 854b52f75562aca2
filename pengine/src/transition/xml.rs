//! The graph as XML (GRAPH section 8).

use std::fmt::{self, Write};

use rustc_hash::FxHashMap;

use crate::cib::{Escaped, write_attribute};

use super::graph::SHUTDOWN_LOCK;
use super::{Details, GraphAction, Synapse, Transition};

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
        out.write_str("<transition_graph")?;
        for (name, value) in &self.header {
            write_attribute(out, name, value)?;
        }
        if self.synapses.is_empty() {
            return out.write_str("/>\n");
        }
        out.write_str(">\n")?;
        let mentions = self.by_number();
        for (number, synapse) in self.synapses.iter().enumerate() {
            synapse.write(out, number, &mentions)?;
        }
        out.write_str("</transition_graph>\n")
    }

    /// Every action that stands in the graph, be it only as an input, by its number.
    fn by_number(&self) -> FxHashMap<u32, &GraphAction> {
        let actions = self.synapses.iter().map(|synapse| &synapse.action);
        actions.chain(&self.absent).map(|action| (action.id, action)).collect()
    }
}

impl Synapse {
    fn write(&self, out: &mut impl Write, number: usize, mentions: &FxHashMap<u32, &GraphAction>) -> fmt::Result {
        write!(out, "  <synapse id=\"{number}\"")?;
        if self.priority > 0 {
            write!(out, " priority=\"{}\"", self.priority)?;
        }
        out.write_str(">\n    <action_set>\n")?;
        self.action.write(out, 6)?;
        out.write_str("    </action_set>\n")?;
        if self.inputs.is_empty() {
            out.write_str("    <inputs/>\n")?;
        } else {
            out.write_str("    <inputs>\n")?;
            for input in self.inputs.iter().filter_map(|number| mentions.get(number)) {
                out.write_str("      <trigger>\n")?;
                input.write_mention(out, 8)?;
                out.write_str("      </trigger>\n")?;
            }
            out.write_str("    </inputs>\n")?;
        }
        out.write_str("  </synapse>\n")
    }
}

impl GraphAction {
    fn write(&self, out: &mut impl Write, indent: usize) -> fmt::Result {
        let name = self.kind.as_str();
        self.write_names(out, indent, true)?;
        let Some(details) = &self.details else { return out.write_str("/>\n") };
        out.write_str(">\n")?;
        details.write(out, indent + 2)?;
        writeln!(out, "{:indent$}</{name}>", "")
    }

    /// The action as another one's input: without children, and without what only the action itself has.
    fn write_mention(&self, out: &mut impl Write, indent: usize) -> fmt::Result {
        self.write_names(out, indent, false)?;
        out.write_str("/>\n")
    }

    fn write_names(&self, out: &mut impl Write, indent: usize, with_lock: bool) -> fmt::Result {
        write!(out, "{:indent$}<{}", "", self.kind.as_str())?;
        for (name, value) in self.attributes.iter().filter(|(name, _)| with_lock || *name != SHUTDOWN_LOCK) {
            write_attribute(out, name, value)?;
        }
        Ok(())
    }
}

impl Details {
    fn write(&self, out: &mut impl Write, indent: usize) -> fmt::Result {
        if let Some(resource) = &self.resource {
            write!(out, "{:indent$}<primitive", "")?;
            for (name, value) in resource {
                write_attribute(out, name, value)?;
            }
            out.write_str("/>\n")?;
        }
        write!(out, "{:indent$}<attributes", "")?;
        for (name, value) in &self.attributes {
            write_attribute(out, name, value)?;
        }
        if self.params.is_empty() {
            out.write_str("/>\n")?;
        } else {
            out.write_str(">\n")?;
            for (name, value) in &self.params {
                write!(out, "{:indent$}  <param", "")?;
                write_attribute(out, "name", name)?;
                write_attribute(out, "value", value)?;
                out.write_str("/>\n")?;
            }
            writeln!(out, "{:indent$}</attributes>", "")?;
        }
        self.write_nodes(out, indent)
    }

    fn write_nodes(&self, out: &mut impl Write, indent: usize) -> fmt::Result {
        if let Some(downed) = &self.downed {
            writeln!(out, "{:indent$}<downed>", "")?;
            for id in downed {
                writeln!(out, "{:indent$}  <node id=\"{}\"/>", "", Escaped(id))?;
            }
            writeln!(out, "{:indent$}</downed>", "")?;
        }
        if let Some(maintenance) = &self.maintenance {
            writeln!(out, "{:indent$}<maintenance>", "")?;
            for (id, on) in maintenance {
                let on = u8::from(*on);
                writeln!(out, "{:indent$}  <node id=\"{}\" node_in_maintenance=\"{on}\"/>", "", Escaped(id))?;
            }
            writeln!(out, "{:indent$}</maintenance>", "")?;
        }
        Ok(())
    }
}
