//! What a constraint names: resources, and sets, templates and tags that stand for several of them.
//!
//! All kinds of constraints share this. A template or tag in place of a resource makes the constraint one with sets
//! (PLACE-31, COLO-8, ORD-8); in a set it is replaced in place (COLO-9).

use rustc_hash::FxHashSet;

use crate::cib::{ElementRef, parse_bool};
use crate::cluster::{Names, ResourceId};
use crate::diagnostic::Problem;
use crate::run::Run;

use super::Constraint;

/// A boolean attribute, whose absence and whose nonsense mean different things in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flag {
    /// It isn't there.
    #[default]
    Unset,
    /// It is no boolean.
    Invalid,
    /// It is a boolean.
    Valid(bool),
}

impl Flag {
    /// Reads a text, if there is one.
    pub fn parse(text: Option<&str>) -> Self {
        text.map_or(Flag::Unset, |text| parse_bool(text).map_or(Flag::Invalid, Flag::Valid))
    }

    /// Whether it is a boolean that is true.
    pub fn is_true(self) -> bool {
        self == Flag::Valid(true)
    }

    /// Whether it is a boolean that is false.
    pub fn is_false(self) -> bool {
        self == Flag::Valid(false)
    }
}

/// A resource that a set refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name it is referred to by.
    pub name: String,
    /// The resource, if there is one of that name.
    pub resource: Option<ResourceId>,
}

impl Member {
    fn find(run: &Run<'_>, name: &str) -> Self {
        Self { name: name.to_owned(), resource: run.cluster.find_for_constraint(name) }
    }
}

/// A `resource_set`, or what the end of a constraint becomes that names a template or tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceSet<'c> {
    /// Its id; empty if it has none.
    pub id: &'c str,
    /// Its resources in order.
    pub members: Vec<Member>,
    /// `sequential`.
    pub sequential: Flag,
    /// `require-all`.
    pub require_all: Flag,
    /// `symmetrical`.
    pub symmetrical: Flag,
    /// `role`.
    pub role: Option<&'c str>,
    /// `action`.
    pub action: Option<&'c str>,
    /// `score`.
    pub score: Option<&'c str>,
    /// `kind`.
    pub kind: Option<&'c str>,
    /// `ordering`, from before `sequential`.
    pub ordering: Option<&'c str>,
}

impl<'c> ResourceSet<'c> {
    fn read(run: &Run<'_>, element: ElementRef<'c>, expand: bool) -> Self {
        let mut members = Vec::new();
        for name in references(element) {
            match expand_name(run, name) {
                Ok(expanded) if expand => members.extend(expanded),
                _ => members.push(Member::find(run, name)),
            }
        }
        Self {
            id: element.id().unwrap_or_default(),
            members,
            sequential: Flag::parse(element.attr("sequential")),
            require_all: Flag::parse(element.attr("require-all")),
            symmetrical: Flag::parse(element.attr("symmetrical")),
            role: element.attr("role"),
            action: element.attr("action"),
            score: element.attr("score"),
            kind: element.attr("kind"),
            ordering: element.attr("ordering"),
        }
    }
}

/// The sets of a constraint.
#[derive(Debug, Clone, Default)]
pub struct Sets<'c> {
    /// The sets in the order in which they count.
    pub sets: Vec<ResourceSet<'c>>,
    /// Templates or tags were replaced.
    pub replaced: bool,
}

/// Reads the sets of a constraint; nothing if it has none. A dangling reference ends them (COLO-17, ORD-11).
pub fn sets<'c>(run: &mut Run<'c>, constraint: Constraint<'c>) -> Option<Sets<'c>> {
    let first = constraint.element.child("resource_set")?;
    let expansion = check_expansion(run, constraint);
    let mut expand = expansion == Expansion::Needed;
    let mut followed = FxHashSet::default();
    let mut sets = Vec::new();
    let mut next = Some(first);
    while let Some(element) = next {
        let mut set = element;
        if let Some(reference) = element.attr("id-ref") {
            let Some(target) = follow(run, constraint, reference) else { break };
            if !followed.insert(target.element_id()) {
                let problem = Problem::CircularSets { constraint: constraint.id.to_owned(), set: reference.to_owned() };
                run.diagnose(constraint.id, problem);
                break;
            }
            // COLO-17: the referenced set stands in a constraint that nothing was replaced in, and its siblings come next.
            set = target;
            expand = false;
        }
        if set.id().is_none() {
            run.diagnose(constraint.id, Problem::SetWithoutId { constraint: constraint.id.to_owned() });
        }
        sets.push(ResourceSet::read(run, set, expand));
        next = std::iter::successors(set.next_sibling(), |at| at.next_sibling()).find(|at| at.name() == "resource_set");
    }
    Some(Sets { sets, replaced: expansion == Expansion::Needed })
}

fn follow<'c>(run: &mut Run<'c>, constraint: Constraint<'c>, reference: &str) -> Option<ElementRef<'c>> {
    let cib = run.cib;
    let target = cib.find_unique("resource_set", reference);
    if target.is_none() {
        let problem = Problem::DanglingReference { kind: "resource_set", reference: reference.to_owned() };
        run.diagnose(constraint.id, problem);
    }
    target
}

fn references(set: ElementRef<'_>) -> impl Iterator<Item = &str> {
    set.children_named("resource_ref").map(|reference| reference.attr("id").unwrap_or_default())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expansion {
    /// All names are resources.
    Unneeded,
    /// Some names are templates or tags.
    Needed,
    /// Some name is nothing, and then nothing is replaced at all (COLO-9).
    Impossible,
}

fn check_expansion(run: &mut Run<'_>, constraint: Constraint<'_>) -> Expansion {
    let mut expansion = Expansion::Unneeded;
    for name in constraint.element.children_named("resource_set").flat_map(references) {
        match expand_name(run, name) {
            Ok(members) if members.iter().map(|member| member.name.as_str()).eq([name]) => {}
            Ok(_) => expansion = Expansion::Needed,
            Err(problem) => {
                run.diagnose(constraint.id, problem);
                let problem = Problem::InvalidSets { constraint: constraint.id.to_owned(), name: name.to_owned() };
                run.diagnose(constraint.id, problem);
                return Expansion::Impossible;
            }
        }
    }
    expansion
}

/// All that a name in a set stands for. Behind the names of a template or tag may be templates and tags again.
fn expand_name(run: &Run<'_>, name: &str) -> Result<Vec<Member>, Problem> {
    let deepest = run.cluster.templates.len() + run.cluster.tags.len();
    let mut members = Vec::new();
    let mut open = vec![(name, 0)];
    while let Some((name, depth)) = open.pop() {
        match find(run, name)? {
            Found::Resource(resource) => members.push(Member { name: name.to_owned(), resource: Some(resource) }),
            Found::Names(names) if depth < deepest && members.len() < run.settings.limits.set_members => {
                let first = open.len();
                open.extend(names.iter().map(|name| (name.as_str(), depth + 1)));
                open[first..].reverse();
            }
            // Tags that lead back to themselves, or to more than can be handled.
            Found::Names(_) => return Err(Problem::UnknownName { name: name.to_owned() }),
        }
    }
    Ok(members)
}

/// What stands behind a name.
enum Found<'r> {
    Resource(ResourceId),
    Names(&'r Names),
}

/// Finds a resource, else a template, else a tag; a template without resources is not looked for among the tags.
fn find<'r>(run: &'r Run<'_>, name: &str) -> Result<Found<'r>, Problem> {
    let cluster = &run.cluster;
    if let Some(resource) = cluster.find_for_constraint(name) {
        return Ok(Found::Resource(resource));
    }
    let (names, problem) = if let Some(template) = cluster.templates.get(name) {
        (&template.users, Problem::UnusedTemplate { name: name.to_owned() })
    } else if let Some(names) = cluster.tags.get(name) {
        (names, Problem::EmptyTag { name: name.to_owned() })
    } else {
        return Err(Problem::UnknownName { name: name.to_owned() });
    };
    if names.is_empty() { Err(problem) } else { Ok(Found::Names(names)) }
}

/// One end of a constraint without sets.
#[derive(Debug, Clone, Copy)]
pub struct End<'c> {
    /// The name of a resource, template or tag.
    pub name: &'c str,
    /// The role that goes with it.
    pub role: Option<&'c str>,
    /// The action that goes with it.
    pub action: Option<&'c str>,
}

/// What the end of a constraint names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A resource.
    Resource(ResourceId),
    /// A template or tag with these members.
    Members(Vec<Member>),
}

impl<'c> End<'c> {
    /// Finds what the end names; if that is nothing, the constraint has to be ignored.
    pub fn find(&self, run: &mut Run<'_>, constraint: Constraint<'_>) -> Option<Named> {
        let problem = match find(run, self.name) {
            Ok(Found::Resource(resource)) => return Some(Named::Resource(resource)),
            Ok(Found::Names(names)) => {
                return Some(Named::Members(names.iter().map(|name| Member::find(run, name)).collect()));
            }
            Err(problem) => problem,
        };
        run.diagnose(constraint.id, problem);
        let problem = Problem::InvalidName { constraint: constraint.id.to_owned(), name: self.name.to_owned() };
        run.diagnose(constraint.id, problem);
        None
    }

    /// The set that the end becomes because it, or the other end, names a template or tag.
    pub fn into_set(self, named: Named) -> ResourceSet<'c> {
        let (members, sequential) = match named {
            Named::Resource(resource) => (vec![Member { name: self.name.to_owned(), resource: Some(resource) }], Flag::Unset),
            Named::Members(members) => (members, Flag::Valid(false)),
        };
        ResourceSet { id: self.name, members, sequential, role: self.role, action: self.action, ..ResourceSet::default() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_tells_nonsense_from_absence() {
        assert_eq!(Flag::parse(None), Flag::Unset);
        assert_eq!(Flag::parse(Some("perhaps")), Flag::Invalid);
        assert!(Flag::parse(Some("Yes")).is_true());
        assert!(Flag::parse(Some("off")).is_false());
    }

    #[test]
    fn a_tag_becomes_a_set_without_sequence() {
        let end = End { name: "T", role: Some("Promoted"), action: None };
        let member = Member { name: "a".to_owned(), resource: Some(ResourceId::new(0)) };
        let set = end.into_set(Named::Members(vec![member.clone()]));
        assert!(set.sequential.is_false());
        assert_eq!((set.id, set.role, set.members), ("T", Some("Promoted"), vec![member]));

        let set = end.into_set(Named::Resource(ResourceId::new(1)));
        assert_eq!(set.sequential, Flag::Unset);
        assert_eq!(set.members.len(), 1);
    }

    /// The resources that a set with these references stands for.
    fn located(references: &[&str]) -> Vec<String> {
        let primitives =
            ["a", "b", "c"].map(|id| format!("<primitive id='{id}' class='ocf' provider='heartbeat' type='Dummy'/>"));
        let tag = |(id, members): (&str, &[&str])| {
            let members: String = members.iter().map(|member| format!("<obj_ref id='{member}'/>")).collect();
            format!("<tag id='{id}'>{members}</tag>")
        };
        let tags: [(&str, &[&str]); 4] =
            [("T", &["b", "c"]), ("U", &["T", "a"]), ("lost", &["a", "none"]), ("loop", &["a", "loop"])];
        let references: String = references.iter().map(|id| format!("<resource_ref id='{id}'/>")).collect();
        let text = format!(
            "<cib validate-with='pacemaker-4.0'><configuration><nodes><node id='1' uname='n'/></nodes><resources>{}</resources>\
             <constraints><rsc_location id='l' node='n' score='1'><resource_set id='s'>{references}</resource_set></rsc_location>\
             </constraints><tags>{}</tags></configuration></cib>",
            primitives.concat(),
            tags.map(tag).concat(),
        );
        let cib = crate::Cib::parse(text).unwrap();
        let settings = crate::Settings::default();
        let cluster = crate::schedule(&cib, &settings).run.cluster;
        cluster.locations.iter().map(|(_, location)| cluster[location.resource].id.clone()).collect()
    }

    #[test]
    fn tags_in_sets_may_hold_tags() {
        assert_eq!(located(&["U"]), ["b", "c", "a"]);
        assert_eq!(located(&["a", "T"]), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_nothing_keeps_all_from_being_replaced() {
        assert!(located(&["lost"]).is_empty());
        assert_eq!(located(&["a", "lost", "b"]), ["a"]);
        assert_eq!(located(&["b", "loop"]), ["b"]);
    }
}
