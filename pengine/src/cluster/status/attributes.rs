//! stub
use crate::cib::ElementRef;
use crate::cluster::NodeId;
use crate::run::Run;
/// x
pub fn add_attributes(run: &mut Run<'_>, node: NodeId, element: ElementRef<'_>, overwrite: bool) {
    let _ = (run, node, element, overwrite);
    todo!()
}
