//! Names with values, as `nvpair` elements tell them.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use smol_str::SmolStr;
use std::hash::BuildHasher;

/// Up to this number of names it is quicker to look through them than to look them up.
const FEW: usize = 12;

/// Names with values, in the order in which names were put in. Most sets are small and there are many of them.
#[derive(Debug, Clone, Default)]
pub struct NameValues {
    pairs: Vec<(SmolStr, SmolStr)>,
    /// Places of names, if there are more than a few.
    places: Option<Box<HashTable<u32>>>,
}

impl NameValues {
    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.place(name).map(|at| self.pairs[at].1.as_str())
    }

    /// Whether the name is in.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    fn place(&self, name: &str) -> Option<usize> {
        match &self.places {
            None => self.pairs.iter().position(|(at, _)| at == name),
            Some(places) => places.find(hash(name), |&at| self.pairs[at as usize].0 == name).map(|&at| at as usize),
        }
    }

    /// Puts a value in, in place of the one that the name has, or else behind all others.
    pub fn insert(&mut self, name: impl Into<SmolStr>, value: impl Into<SmolStr>) {
        let name = name.into();
        match self.place(&name) {
            Some(at) => self.pairs[at].1 = value.into(),
            None => self.push(name, value.into()),
        }
    }

    /// Puts a value in unless the name has one.
    pub fn insert_new(&mut self, name: impl Into<SmolStr> + AsRef<str>, value: impl Into<SmolStr>) {
        if !self.contains_key(name.as_ref()) {
            self.push(name.into(), value.into());
        }
    }

    fn push(&mut self, name: SmolStr, value: SmolStr) {
        self.pairs.push((name, value));
        if self.places.is_some() || self.pairs.len() > FEW {
            self.note_places();
        }
    }

    /// Notes the places of all names that are not noted yet.
    fn note_places(&mut self) {
        let Self { pairs, places } = self;
        let places = places.get_or_insert_default();
        for at in places.len()..pairs.len() {
            let place = u32::try_from(at).unwrap_or(u32::MAX);
            places.insert_unique(hash(&pairs[at].0), place, |&at| hash(&pairs[at as usize].0));
        }
    }

    /// Takes a name out; those behind it move up.
    pub fn remove(&mut self, name: &str) {
        if let Some(at) = self.place(name) {
            self.pairs.remove(at);
            self.renumber();
        }
    }

    /// Keeps only what is wanted.
    pub fn retain(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.pairs.retain(|(name, _)| is_wanted(name));
        self.renumber();
    }

    fn renumber(&mut self) {
        if self.places.take().is_some() && self.pairs.len() > FEW {
            self.note_places();
        }
    }

    /// All names with their values.
    pub fn iter(&self) -> std::slice::Iter<'_, (SmolStr, SmolStr)> {
        self.pairs.iter()
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// The number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether no name is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

fn hash(name: &str) -> u64 {
    FxBuildHasher.hash_one(name)
}

impl<N: Into<SmolStr>, V: Into<SmolStr>> Extend<(N, V)> for NameValues {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(name, value)| self.insert(name, value));
    }
}

impl<N: Into<SmolStr>, V: Into<SmolStr>> FromIterator<(N, V)> for NameValues {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut values = Self::default();
        values.extend(pairs);
        values
    }
}

impl<'v> IntoIterator for &'v NameValues {
    type Item = &'v (SmolStr, SmolStr);
    type IntoIter = std::slice::Iter<'v, (SmolStr, SmolStr)>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for NameValues {
    type Item = (SmolStr, SmolStr);
    type IntoIter = std::vec::IntoIter<(SmolStr, SmolStr)>;
    fn into_iter(self) -> Self::IntoIter {
        self.pairs.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_order_and_are_found_however_many_there_are() {
        let mut values = NameValues::default();
        for number in 0..40 {
            values.insert(format!("n{number}"), number.to_string());
        }
        values.insert("n7", "seven");
        values.insert_new("n8", "eight");
        values.remove("n0");
        assert_eq!((values.get("n7"), values.get("n8"), values.get("n0")), (Some("seven"), Some("8"), None));
        assert!(values.names().eq((1..40).map(|number| format!("n{number}"))));
        values.retain(|name| name < "n2");
        assert_eq!(values.len(), 11);
        assert_eq!((values.get("n19"), values.get("n20")), (Some("19"), None));
        values.insert("n20", "new");
        assert_eq!(values.iter().last(), Some(&("n20".into(), "new".into())));
    }
}
