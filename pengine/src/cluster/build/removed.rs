//! Resources that only the history knows (RSC-92).

use crate::cib::{ElementRef, Score};
use crate::cluster::ResourceId;
use crate::ledger::Cause;
use crate::placement::add_score;
use crate::run::Run;

use super::definition::Source;

/// Builds a primitive for a history that no configured resource fits, at the end of the top-level list.
pub fn removed_resource(run: &mut Run<'_>, history: ElementRef<'_>) -> Option<ResourceId> {
    let definitions = &mut run.cluster.definitions;
    let element = definitions.add_root("primitive");
    for (name, value) in history.attributes() {
        definitions.set(element, name, value);
    }
    let resource = super::build(run, Source::Made(element), None, None)?;
    super::add_top(run, resource);
    if run[resource].is_connection {
        let name = run[resource].id.clone();
        let node = super::create_remote_node(&mut run.cluster, &name);
        super::link_connection(run, resource);
        run[node].shutting_down = true;
    }
    run[resource].removed_launched = history.attr("container").is_some();
    run[resource].removed = true;
    if run.cluster.options.stop_removed_resources {
        add_score(run, resource, None, Score::MINUS_INFINITY, Cause::RemovedResource);
    } else {
        run[resource].managed = false;
    }
    Some(resource)
}
