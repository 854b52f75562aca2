//! Explanations as text.

mod action;
mod difference;
mod placement;
mod resource;
mod words;

use super::{Chunk, Page};

pub(super) use resource::section;

/// All that was written on a page that has no notes.
pub(super) fn text_of(page: Page) -> String {
    let text = |chunk| match chunk {
        Chunk::Out(text) | Chunk::Err(text) => text,
    };
    page.finish().into_iter().map(text).collect()
}
