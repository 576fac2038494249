//! Events on the wire (HTML Living Standard §9.2).

use bytes::Bytes;
use maud::Markup;
use simpul_core::limits;

use crate::text::Msg;

/// An event of a live page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    kind: &'static str,
    data: String,
}

impl Event {
    /// Elements with ids: each takes the place of the one that has its id.
    #[must_use]
    pub fn patch(html: Markup) -> Self {
        Self { kind: "patch", data: html.0 }
    }

    /// One short sentence for the status region, which voices read.
    #[must_use]
    pub fn say(sentence: &Msg) -> Self {
        Self { kind: "say", data: sentence.plain().to_owned() }
    }

    /// Whether it is small enough to be kept.
    pub(super) fn fits(&self) -> bool {
        self.data.len() <= limits::LIVE_EVENT
    }

    /// Its lines. A line end inside the data, of whatever kind, begins another `data:` line.
    pub(super) fn frame(&self, id: &str) -> Bytes {
        let mut out = format!("id: {id}\nevent: {}\n", self.kind);
        for line in self.data.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
            out.push_str("data: ");
            out.push_str(line);
            out.push('\n');
        }
        out.push('\n');
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maud::PreEscaped;

    #[test]
    fn data_cannot_leave_its_event() {
        let event = Event::patch(PreEscaped("<p>a\n\nevent: say\rdata: b\r\nc</p>".to_owned()));
        let text = String::from_utf8(event.frame("e-1").to_vec()).unwrap();
        assert_eq!(text, "id: e-1\nevent: patch\ndata: <p>a\ndata: \ndata: event: say\ndata: data: b\ndata: c</p>\n\n");
    }
}
