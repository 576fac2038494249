//! What became of a case, compared with what had to.

use std::time::{Duration, Instant};

use super::case::{Case, Expect, Form};
use super::peer::wire::{Heard, Reply};

/// What the node did.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) form: Option<Form>,
    pub(super) closed: bool,
    pub(super) exit: Option<i32>,
    /// The answer, for people and for texts that are expected in it.
    pub(super) text: String,
    pub(super) took: Duration,
}

impl Outcome {
    /// What was heard on a connection since `start`.
    pub(super) fn heard(heard: Heard, start: Instant) -> Self {
        let took = start.elapsed();
        match heard {
            Heard::Reply(reply) => Self { took, ..Self::answered(&reply) },
            Heard::Closed => Self { closed: true, text: "closed".to_owned(), took, ..Self::default() },
            Heard::Silence => Self { text: "silence, and the connection is open".to_owned(), took, ..Self::default() },
        }
    }

    /// An HTTP answer: its fault, in whatever form.
    fn answered(reply: &Reply) -> Self {
        let text = reply.text();
        let content_type = reply.header("content-type").split(';').next().unwrap_or_default().trim().to_owned();
        let (form, code) = match content_type.as_str() {
            "application/json" => {
                let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                (Some(Form::Json), json["type"].as_str().map(str::to_owned))
            }
            "text/xml" | "application/xml" if text.contains("<faultcode>") => {
                (Some(Form::Soap), element(&text, "faultcode"))
            }
            "text/xml" | "application/xml" => (Some(Form::Xml), element(&text, "type")),
            "multipart/mixed" => (Some(Form::Part), element(&text, "faultcode")),
            "text/plain" => (Some(Form::Text), None),
            _ => (None, None),
        };
        let header = Some(reply.header("x-road-error")).filter(|h| !h.is_empty());
        let code = match (form, header) {
            // wire.md §2.6: the header says what the body says.
            (Some(Form::Json | Form::Xml), header) if header != code.as_deref() => {
                Some(format!("{} in the body, {} in the header", code.unwrap_or_default(), header.unwrap_or_default()))
            }
            _ => code,
        };
        let text = if reply.whole { text } else { format!("{text} (broken off)") };
        Self { status: Some(reply.status), code, form, text, ..Self::default() }
    }

    /// How it differs from what was expected.
    pub(super) fn differences(&self, expect: &Expect) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, is: String, should: String| {
            found.push(format!("{what}: {is} instead of {should}"));
        };
        if let Some(status) = expect.status
            && self.status != Some(status)
        {
            differ("status", format!("{:?}", self.status), status.to_string());
        }
        if let Some(code) = &expect.code
            && self.code.as_ref() != Some(code)
        {
            differ("code", self.code.clone().unwrap_or_else(|| "none".to_owned()), code.clone());
        }
        if let Some(form) = expect.form
            && self.form != Some(form)
        {
            differ("form", format!("{:?}", self.form), format!("{form:?}"));
        }
        if expect.closed != self.closed {
            differ("closed", self.closed.to_string(), expect.closed.to_string());
        }
        if let Some(exit) = expect.exit
            && self.exit != Some(exit)
        {
            differ("exit code", format!("{:?}", self.exit), exit.to_string());
        }
        if let Some(text) = &expect.text
            && !self.text.contains(text.as_str())
        {
            differ("text", shorten(&self.text), format!("one with `{text}`"));
        }
        if self.took > Duration::from_secs(expect.patience()) {
            differ("time", format!("{:?}", self.took), format!("{} s", expect.patience()));
        }
        found
    }
}

/// A line per case, and in the end a failure that lists every difference.
pub(super) struct Report {
    name: &'static str,
    cases: usize,
    differences: Vec<String>,
}

impl Report {
    pub(super) fn of(name: &'static str) -> Self {
        println!("{name}:");
        Self { name, cases: 0, differences: Vec::new() }
    }

    /// Adds a case with what became of it.
    pub(super) fn add(&mut self, case: &Case, outcome: &Outcome) {
        self.cases += 1;
        let found = outcome.differences(&case.expect);
        let mark = if found.is_empty() { "ok    " } else { "DIFFER" };
        let millis = outcome.took.as_millis();
        println!("  {mark} {millis:>6} ms  {:<24} {:<72} {}", case.stage, case.expect.key(), case.name);
        if !found.is_empty() {
            let basis =
                case.reference.as_ref().or(case.stricter.as_ref()).map(|b| format!("; {b}")).unwrap_or_default();
            let why = format!("{} [wire.md §{}{basis}]", found.join("; "), case.clause);
            let difference = format!("{} ({}): {why}\n      {}", case.name, case.title, shorten(&outcome.text));
            println!("         {difference}");
            self.differences.push(difference);
        }
    }

    /// Adds something that is wrong beside the cases.
    pub(super) fn wrong(&mut self, what: String) {
        println!("  WRONG  {what}");
        self.differences.push(what);
    }

    /// Fails if anything differed.
    pub(super) fn finish(self) {
        let Self { name, cases, differences } = self;
        println!("{name}: {cases} cases, {} differences", differences.len());
        assert!(differences.is_empty(), "{name}: {} differences:\n  {}", differences.len(), differences.join("\n  "));
    }
}

/// The text of the first element with this local name and no attributes.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
}

/// A text on one line, not too long.
fn shorten(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    line.trim().to_owned()
}
