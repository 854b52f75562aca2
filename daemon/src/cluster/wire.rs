//! Messages as bytes: large ones are split, and put together again by all who were there for all parts.

use std::collections::BTreeMap;

use super::{Batch, NodeId};

/// The oldest version of the protocol that this program speaks.
pub const OLDEST_PROTOCOL: u32 = 1;
/// The newest version of the protocol that this program speaks.
pub const NEWEST_PROTOCOL: u32 = 1;

/// How much of a message goes into one part.
const MOST_IN_A_PART: usize = 256 * 1024;
/// What a message may add up to; who tells more is not listened to.
const MOST_IN_ALL: usize = 256 * 1024 * 1024;

const FIRST: u8 = 1;
const LAST: u8 = 2;

/// A batch as parts to be sent in order.
///
/// # Errors
///
/// If it can't be written as JSON, which what is made of texts and numbers always can.
pub fn parts(batch: &Batch) -> Result<Vec<Vec<u8>>, serde_json::Error> {
    let bytes = serde_json::to_vec(batch)?;
    let chunks: Vec<&[u8]> = bytes.chunks(MOST_IN_A_PART).collect();
    let last = chunks.len().saturating_sub(1);
    let part = |(at, chunk): (usize, &&[u8])| {
        let flags = if at == 0 { FIRST } else { 0 } | if at == last { LAST } else { 0 };
        [&[flags], *chunk].concat()
    };
    Ok(chunks.iter().enumerate().map(part).collect())
}

/// Parts of messages that have not come to their end.
#[derive(Debug, Default)]
pub struct Assembly {
    begun: BTreeMap<NodeId, Vec<u8>>,
}

impl Assembly {
    /// Takes a part; returns the message that it is the last of. What can't be understood is an error.
    ///
    /// # Errors
    ///
    /// What was sent is no message of this protocol.
    pub fn take(&mut self, from: NodeId, part: &[u8]) -> Result<Option<Batch>, serde_json::Error> {
        let Some((flags, chunk)) = part.split_first() else { return Ok(None) };
        if flags & FIRST != 0 {
            self.begun.insert(from, Vec::new());
        }
        // Who wasn't there for the first part can't make anything of the others.
        let Some(begun) = self.begun.get_mut(&from) else { return Ok(None) };
        if begun.len() + chunk.len() > MOST_IN_ALL {
            self.begun.remove(&from);
            return Ok(None);
        }
        begun.extend_from_slice(chunk);
        if flags & LAST == 0 {
            return Ok(None);
        }
        let bytes = self.begun.remove(&from).unwrap_or_default();
        serde_json::from_slice(&bytes).map(Some)
    }

    /// Who is there has changed: what was begun before is for nobody, since not all have heard its beginning.
    pub fn forget(&mut self) {
        self.begun.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Message, Term};
    use super::*;

    fn batch(text: &str) -> Batch {
        let term = Some(Term { number: 3, coordinator: NodeId(1), origin: 9 });
        Batch { term, messages: vec![Message::LetGo(text.to_owned())] }
    }

    #[test]
    fn large_messages_are_split_and_put_together() {
        let large = batch(&"long ".repeat(200_000));
        let parts_of_it = parts(&large).unwrap();
        assert_eq!(parts_of_it.len(), 4);
        let mut assembly = Assembly::default();
        for part in &parts_of_it[..3] {
            assert_eq!(assembly.take(NodeId(1), part).unwrap(), None);
            // Another's message in between is another message.
            let small = batch("short");
            assert_eq!(assembly.take(NodeId(2), &parts(&small).unwrap()[0]).unwrap(), Some(small));
        }
        assert_eq!(assembly.take(NodeId(1), &parts_of_it[3]).unwrap(), Some(large));
    }

    #[test]
    fn who_missed_the_beginning_ignores_the_rest() {
        let parts = parts(&batch(&"long ".repeat(100_000))).unwrap();
        let mut assembly = Assembly::default();
        assert_eq!(assembly.take(NodeId(1), &parts[0]).unwrap(), None);
        assembly.forget();
        assert_eq!(assembly.take(NodeId(1), &parts[1]).unwrap(), None);
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        assert!(Assembly::default().take(NodeId(1), b"\x03hello").is_err());
        assert_eq!(Assembly::default().take(NodeId(1), b"").unwrap(), None);
    }
}
