//! corosync.conf: sections of names and values.

use std::fmt;

/// A section, or the whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Section {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Value(String, String),
    Section(String, Section),
}

/// A node as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: String,
    /// Where corosync and ssh reach it.
    pub(super) address: String,
}

/// A text that is no such file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of corosync.conf is not understood: {text}")]
pub(super) struct NoConfiguration {
    line: usize,
    text: String,
}

impl Section {
    /// The configuration of a new cluster.
    pub(super) fn new(cluster: &str, nodes: &[Node]) -> Self {
        let section = |values: &[(&str, &str)]| Self {
            entries: values.iter().map(|(name, value)| Entry::Value((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let totem = [
            ("version", "2"),
            ("cluster_name", cluster),
            ("transport", "knet"),
            ("crypto_cipher", "aes256"),
            ("crypto_hash", "sha256"),
        ];
        let mut all = Self::default();
        for (name, content) in [
            ("totem", section(&totem)),
            ("quorum", section(&[("provider", "corosync_votequorum")])),
            ("nodelist", Self::default()),
            ("logging", section(&[("to_syslog", "yes")])),
        ] {
            all.entries.push(Entry::Section(name.to_owned(), content));
        }
        nodes.iter().for_each(|node| all.add(node));
        all
    }

    /// Reads a file.
    pub(super) fn read(text: &str) -> Result<Self, NoConfiguration> {
        let mut open = vec![(String::new(), Self::default())];
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let wrong = || NoConfiguration { line: at + 1, text: line.to_owned() };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_suffix('{') {
                open.push((name.trim().to_owned(), Self::default()));
                continue;
            }
            let entry = if line == "}" && open.len() > 1 {
                let (name, section) = open.pop().ok_or_else(wrong)?;
                Entry::Section(name, section)
            } else {
                let (name, value) = line.split_once(':').ok_or_else(wrong)?;
                Entry::Value(name.trim().to_owned(), value.trim().to_owned())
            };
            open.last_mut().ok_or_else(wrong)?.1.entries.push(entry);
        }
        let end = NoConfiguration { line: text.lines().count(), text: "a section has no end".to_owned() };
        match open.len() {
            1 => open.pop().map(|(_, all)| all).ok_or(end),
            _ => Err(end),
        }
    }

    fn section(&self, name: &'static str) -> Option<&Self> {
        self.sections(name).next()
    }

    fn sections(&self, wanted: &'static str) -> impl Iterator<Item = &Self> {
        self.entries.iter().filter_map(move |entry| match entry {
            Entry::Section(name, section) if name == wanted => Some(section),
            _ => None,
        })
    }

    fn section_mut(&mut self, wanted: &str) -> Option<&mut Self> {
        self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Section(name, section) if name == wanted => Some(section),
            _ => None,
        })
    }

    fn value(&self, wanted: &str) -> Option<&str> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Value(name, value) if name == wanted => Some(value.as_str()),
            _ => None,
        })
    }

    /// The nodes of the cluster.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let nodes = self.section("nodelist").into_iter().flat_map(|list| list.sections("node"));
        let node = |node: &Self| {
            let address = node.value("ring0_addr")?.to_owned();
            Some(Node { name: node.value("name").unwrap_or(&address).to_owned(), address })
        };
        nodes.filter_map(node).collect()
    }

    /// Adds a node, with the next number. Two nodes need a rule of their own to go on when one is lost.
    pub(super) fn add(&mut self, node: &Node) {
        let list = self.section("nodelist").into_iter().flat_map(|list| list.sections("node"));
        let numbers = list.filter_map(|node| node.value("nodeid")?.parse::<u32>().ok());
        let number = numbers.max().unwrap_or(0) + 1;
        let values = [("ring0_addr", &node.address), ("name", &node.name), ("nodeid", &number.to_string())];
        let entries = values.iter().map(|(name, value)| Entry::Value((*name).to_owned(), (*value).clone())).collect();
        if let Some(list) = self.section_mut("nodelist") {
            list.entries.push(Entry::Section("node".to_owned(), Self { entries }));
        }
        let is_pair = self.nodes().len() == 2;
        if let Some(quorum) = self.section_mut("quorum") {
            quorum.entries.retain(|entry| !matches!(entry, Entry::Value(name, _) if name == "two_node"));
            if is_pair {
                quorum.entries.push(Entry::Value("two_node".to_owned(), "1".to_owned()));
            }
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        for entry in &self.entries {
            match entry {
                Entry::Value(name, value) => writeln!(f, "{indent}{name}: {value}")?,
                Entry::Section(name, section) => {
                    writeln!(f, "{indent}{name} {{")?;
                    section.write(f, depth + 1)?;
                    writeln!(f, "{indent}}}")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl std::str::FromStr for Node {
    type Err = std::convert::Infallible;

    /// `NAME` or `NAME=ADDRESS`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, address) = text.split_once('=').unwrap_or((text, text));
        Ok(Self { name: name.to_owned(), address: address.to_owned() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let pair = Section::new("web", &[node("alice=192.0.2.1"), node("bob")]);
        let text = pair.to_string();
        assert!(text.contains("  two_node: 1\n") && text.contains("    nodeid: 2\n"), "{text}");
        assert_eq!(Section::read(&text), Ok(pair.clone()));
        assert_eq!(pair.nodes(), [node("alice=192.0.2.1"), node("bob=bob")]);
    }

    #[test]
    fn a_third_node_needs_no_rule_for_two() {
        let mut all =
            Section::read("# ours\nquorum {\n two_node: 1\n}\nnodelist {\n node {\n ring0_addr: a\n nodeid: 4\n }\n}\n").unwrap();
        all.add(&node("b"));
        assert!(all.to_string().contains("two_node"));
        all.add(&node("c=192.0.2.3"));
        let text = all.to_string();
        assert!(!text.contains("two_node") && text.contains("nodeid: 6"), "{text}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_line() {
        assert_eq!(Section::read("totem {\n  version\n}\n").unwrap_err().line, 2);
        assert!(Section::read("totem {\n").is_err() && Section::read("}\n").is_err());
    }
}
