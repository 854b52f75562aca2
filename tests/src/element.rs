//! Documents as trees, which can be written with what has no order in another order.

/// An element of a document.
#[derive(Debug, Clone)]
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
    /// The order of the children means nothing.
    is_bag: bool,
}

/// In what order things are written whose order means nothing: turned by so many places, and perhaps from the last to the first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arrangement {
    /// How many places are turned.
    pub turn: usize,
    /// Whether the last is first.
    pub backwards: bool,
}

impl Element {
    /// An element without anything.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new(), is_bag: false }
    }

    /// One whose children have no order.
    #[must_use]
    pub fn bag(name: &'static str) -> Self {
        Self { is_bag: true, ..Self::new(name) }
    }

    /// A set of names and values; nothing if there are none.
    pub fn set(name: &'static str, id: &str, pairs: impl IntoIterator<Item = (impl AsRef<str>, impl ToString)>) -> Option<Self> {
        let pairs = pairs.into_iter().map(|(name, value)| {
            let id = format!("{id}-{}", name.as_ref());
            Element::new("nvpair").with("id", id).with("name", name.as_ref()).with("value", value.to_string())
        });
        let set = Element::bag(name).with("id", id).holding(pairs);
        (!set.children.is_empty()).then_some(set)
    }

    /// With one more attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// With more children.
    #[must_use]
    pub fn holding(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// The text of the document.
    #[must_use]
    pub fn to_xml(&self, arrangement: Arrangement) -> String {
        let mut xml = String::new();
        self.write(arrangement, &mut xml);
        xml
    }

    fn write(&self, arrangement: Arrangement, xml: &mut String) {
        xml.extend(["<", self.name]);
        for (name, value) in arrangement.of(&self.attributes) {
            xml.extend([" ", name, "='", value, "'"]);
        }
        xml.push('>');
        let as_written = Arrangement::default();
        for child in if self.is_bag { arrangement } else { as_written }.of(&self.children) {
            child.write(arrangement, xml);
        }
        xml.extend(["</", self.name, ">"]);
    }
}

impl Arrangement {
    fn of<T>(self, things: &[T]) -> Vec<&T> {
        let mut arranged: Vec<&T> = things.iter().collect();
        if !arranged.is_empty() {
            let turn = self.turn % arranged.len();
            arranged.rotate_left(turn);
        }
        if self.backwards {
            arranged.reverse();
        }
        arranged
    }
}
