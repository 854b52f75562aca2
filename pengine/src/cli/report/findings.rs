//! What a check of the configuration found.

use std::fmt::Write;

use pengine::check::Findings;
use pengine::cib::Escaped;

pub(super) fn section(text: &str, found: &Findings) -> String {
    let mut page = String::from("<section id=\"findings\">\n<h2>Findings</h2>\n");
    if found.findings.is_empty() {
        return page + "<p>Nothing was found.</p>\n</section>\n";
    }
    let lines: Vec<&str> = text.lines().collect();
    page.push_str("<ul>\n");
    for finding in &found.findings {
        let (line, column) = (finding.place.line, finding.place.column);
        let source = lines.get(line as usize - 1).map(|line| line.trim()).unwrap_or_default();
        let (code, message) = (finding.code, Escaped(&finding.message));
        let _ = write!(page, "<li><b>{}</b> {message} <small>line {line}, column {column}</small>", code.name());
        let _ = writeln!(page, "<pre>{}</pre><p class=\"note\">{}</p></li>", Escaped(source), Escaped(code.explanation()));
    }
    page + "</ul>\n</section>\n"
}
