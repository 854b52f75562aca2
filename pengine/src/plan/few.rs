//! Lists of mostly one.

/// A list that most often has one entry, for which it needs no memory of its own.
#[derive(Debug, Clone, Default)]
pub(super) enum Few<T> {
    #[default]
    None,
    One(T),
    More(Vec<T>),
}

impl<T: Copy> Few<T> {
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(entry) => std::slice::from_ref(entry),
            Self::More(entries) => entries,
        }
    }

    pub fn push(&mut self, entry: T) {
        self.insert(self.as_slice().len(), entry);
    }

    /// Puts an entry in front of the one at a place, or behind the last.
    pub fn insert(&mut self, at: usize, entry: T) {
        match self {
            Self::None => *self = Self::One(entry),
            Self::One(only) => *self = Self::More(if at == 0 { vec![entry, *only] } else { vec![*only, entry] }),
            Self::More(entries) => entries.insert(at, entry),
        }
    }
}
