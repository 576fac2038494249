//! A slow model of the decision: the JSON text of the agreements and the plain words of the rules, nothing of the
//! engine. It reads each document anew for each call, and counts volumes by going through every call that it allowed.

mod path;

use serde_json::Value;

/// An agreement as it stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) json: String,
    pub(super) suspended: bool,
    pub(super) suspended_clauses: Vec<String>,
}

/// A call and what its caller states. Times are milliseconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) client: String,
    pub(super) provider: String,
    pub(super) service: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) purpose: Option<String>,
    pub(super) basis: Option<String>,
    pub(super) consent: Option<String>,
    pub(super) subject: bool,
    pub(super) case: Option<String>,
    pub(super) approvals: u8,
    pub(super) onward: Option<String>,
    pub(super) now: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed { agreement: String, clause: String, fields: Vec<String>, excess: String },
    Refused { agreement: Option<String>, clause: Option<String>, reason: String },
}

/// Reasons from the farthest to the nearest.
const ORDER: [&str; 18] = [
    "no-agreement",
    "not-covered",
    "agreement-suspended",
    "clause-suspended",
    "not-yet-valid",
    "expired",
    "endpoint",
    "purpose-missing",
    "purpose",
    "basis-missing",
    "basis",
    "consent",
    "subject",
    "case",
    "approvals",
    "onward",
    "hours",
    "volume",
];

#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) standing: Vec<Standing>,
    /// Every call that was allowed: agreement, clause, second.
    allowed: Vec<(String, String, i64)>,
}

impl World {
    pub(super) fn new(standing: Vec<Standing>) -> Self {
        Self { standing, allowed: Vec::new() }
    }

    pub(super) fn decide(&mut self, ask: &Ask) -> Verdict {
        let refused = |reason: &str| Verdict::Refused { agreement: None, clause: None, reason: reason.to_owned() };
        let Some(readings) = path::readings(&ask.path) else { return refused("path") };
        for statement in [&ask.purpose, &ask.basis, &ask.consent, &ask.case, &ask.onward].into_iter().flatten() {
            if statement.chars().count() > 512 || statement.chars().any(char::is_control) {
                return refused("statement");
            }
        }
        let mut documents: Vec<(Value, &Standing)> =
            self.standing.iter().map(|s| (serde_json::from_str(&s.json).unwrap(), s)).collect();
        documents.sort_by_key(|(document, _)| text(&document["id"]));
        let mut nearest = refused("no-agreement");
        let mut rank = 0;
        for (document, standing) in &documents {
            for clause in document["clause"].as_array().unwrap() {
                let grant = &clause["grant"];
                if grant.is_null() || !speaks_of(grant, ask) {
                    continue;
                }
                let agreement = text(&document["id"]);
                let id = text(&clause["id"]);
                let failed = self.failed(document, standing, &id, grant, ask, &readings);
                let Some(reason) = failed else {
                    self.allowed.push((agreement.clone(), id.clone(), ask.now.div_euclid(1000)));
                    let fields = grant["fields"].as_array().unwrap().iter().map(text).collect();
                    return Verdict::Allowed { agreement, clause: id, fields, excess: text(&grant["excess"]) };
                };
                let at = ORDER.iter().position(|r| *r == reason).unwrap();
                if at > rank {
                    rank = at;
                    nearest =
                        Verdict::Refused { agreement: Some(agreement), clause: Some(id), reason: reason.to_owned() };
                }
            }
        }
        nearest
    }

    fn failed(
        &self,
        document: &Value,
        standing: &Standing,
        id: &str,
        grant: &Value,
        ask: &Ask,
        readings: &[String],
    ) -> Option<&'static str> {
        let limit = |name: &str| millis(grant[name].as_str().or(document[name].as_str()).unwrap());
        let conditions = &grant["conditions"];
        let needs = |name: &str| conditions[name].as_bool().unwrap_or(false);
        let stated = |statement: &Option<String>| statement.as_ref().is_some_and(|s| !s.trim().is_empty());
        let names = |list: &Value, statement: &Option<String>| {
            list.as_array().unwrap().iter().any(|entry| Some(text(entry)) == *statement)
        };
        if standing.suspended {
            return Some("agreement-suspended");
        }
        if standing.suspended_clauses.iter().any(|clause| clause == id) {
            return Some("clause-suspended");
        }
        if ask.now < limit("valid-from") {
            return Some("not-yet-valid");
        }
        if ask.now >= limit("valid-until") {
            return Some("expired");
        }
        let endpoints = grant["endpoints"].as_array().unwrap();
        if !endpoints.iter().any(|endpoint| path::covered(&text(endpoint), &ask.method, readings)) {
            return Some("endpoint");
        }
        if !stated(&ask.purpose) {
            return Some("purpose-missing");
        }
        if !names(&grant["purposes"], &ask.purpose) {
            return Some("purpose");
        }
        if !stated(&ask.basis) {
            return Some("basis-missing");
        }
        if !grant["basis"].as_array().unwrap().iter().any(|basis| Some(text(&basis["id"])) == ask.basis) {
            return Some("basis");
        }
        if needs("consent") && !stated(&ask.consent) {
            return Some("consent");
        }
        if needs("subject") && !ask.subject {
            return Some("subject");
        }
        if needs("case") && !stated(&ask.case) {
            return Some("case");
        }
        if u64::from(ask.approvals) < conditions["approvals"].as_u64().unwrap_or(0) {
            return Some("approvals");
        }
        if stated(&ask.onward) {
            let to = bare(ask.onward.as_ref().unwrap());
            let empty = Vec::new();
            if !grant["onward"].as_array().unwrap_or(&empty).iter().any(|member| bare(&text(member)) == to) {
                return Some("onward");
            }
        }
        if let Some(spans) = grant["hours"].as_array()
            && !spans.is_empty()
            && !spans.iter().any(|span| inside(span, ask.now))
        {
            return Some("hours");
        }
        let agreement = text(&document["id"]);
        for volume in grant["volume"].as_array().unwrap_or(&Vec::new()) {
            let seconds = volume["seconds"].as_i64().unwrap();
            let window = ask.now.div_euclid(1000).div_euclid(seconds);
            let used = self
                .allowed
                .iter()
                .filter(|(a, c, second)| *a == agreement && c == id && second.div_euclid(seconds) == window)
                .count();
            if used as u64 >= volume["count"].as_u64().unwrap() {
                return Some("volume");
            }
        }
        None
    }
}

fn speaks_of(grant: &Value, ask: &Ask) -> bool {
    let consumer = bare(&ask.client);
    grant["consumers"].as_array().unwrap().iter().any(|c| bare(&text(c)) == consumer)
        && bare(&text(&grant["provider"])) == bare(&ask.provider)
        && text(&grant["service"]) == ask.service
}

/// The local clock of the span: is the day one of its days, and the minute between its ends?
fn inside(span: &Value, now: i64) -> bool {
    let minutes = |clock: &str| -> i64 {
        let (hour, minute) = clock.split_once(':').unwrap();
        hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()
    };
    let offset = text(&span["offset"]);
    let ahead = minutes(&offset[1..]) * if offset.starts_with('-') { -1 } else { 1 };
    let local = now.div_euclid(60_000) + ahead;
    let day = local.div_euclid(1440).rem_euclid(7) as usize;
    let name = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"][day];
    let minute = local.rem_euclid(1440);
    span["days"].as_array().unwrap().iter().any(|d| text(d) == name)
        && minutes(&text(&span["from"])) <= minute
        && minute < minutes(&text(&span["until"]))
}

/// `2026-03-02T03:00:00Z`, with milliseconds or without, in milliseconds since 1970.
pub(super) fn millis(moment: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| moment[range].parse::<i64>().unwrap();
    assert!(moment.ends_with('Z'), "{moment}");
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let mut days: i64 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += lengths[..month as usize - 1].iter().sum::<i64>() + day - 1;
    let seconds = days * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    let fraction = if moment.len() == 24 { number(20..23) } else { 0 };
    seconds * 1000 + fraction
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// An identifier without its type.
fn bare(id: &str) -> String {
    id.strip_prefix("SUBSYSTEM:").or(id.strip_prefix("MEMBER:")).unwrap_or(id).to_owned()
}
