//! Registers with a REST service: what members of the laboratory offer to others.

pub mod diplomas;
mod openapi;
pub mod persons;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::persons::{Person, person};

/// Octets of a request body.
const BODY: usize = 64 * 1024;
/// Characters of one text to search for.
const TEXT: usize = 100;
/// Persons in one page, unless asked otherwise, and at most.
const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// An answer of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// Answers one request: `GET /persons/{id}`, `GET /persons?name=&limit=&offset=`, `POST /persons/search`,
/// `GET /diplomas/{person id}`, `GET /diplomas` about the person in `subject`, which is the header `Simpul-Subject-Id`,
/// and `GET /openapi.json`, which describes the others. `path` and `query` are as they stood in the request target, not
/// decoded.
#[must_use]
pub fn handle(method: &str, path: &str, query: Option<&str>, subject: Option<&str>, body: &[u8]) -> Reply {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (allowed, answer): (_, Answer) = match segments.as_slice() {
        ["persons"] => ("GET", list),
        ["persons", "search"] => ("POST", search),
        ["persons", _] => ("GET", one),
        ["diplomas"] => ("GET", diplomas_of_subject),
        ["diplomas", _] => ("GET", diplomas),
        ["openapi.json"] => ("GET", |_| Ok(openapi::document())),
        _ => return Problem::new(404, "no such resource").reply(),
    };
    if method != allowed {
        let mut reply = Problem::new(405, "the method is not offered here").reply();
        reply.headers.push(("allow", allowed));
        return reply;
    }
    match answer(&Call { segments: &segments, query: query.unwrap_or_default(), subject, body }) {
        Ok(value) => Reply { status: 200, headers: vec![("content-type", "application/json")], body: text(&value) },
        Err(problem) => problem.reply(),
    }
}

type Answer = fn(&Call<'_>) -> Result<Value, Problem>;

struct Call<'a> {
    segments: &'a [&'a str],
    query: &'a str,
    subject: Option<&'a str>,
    body: &'a [u8],
}

/// Something that cannot be answered (RFC 9457, without a type).
struct Problem {
    status: u16,
    title: String,
}

impl Problem {
    fn new(status: u16, title: impl Into<String>) -> Self {
        Self { status, title: title.into() }
    }

    fn reply(self) -> Reply {
        let body = text(&json!({ "title": self.title, "status": self.status }));
        Reply { status: self.status, headers: vec![("content-type", "application/problem+json")], body }
    }
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn one(call: &Call<'_>) -> Result<Value, Problem> {
    let id = call.segments.last().and_then(|segment| decoded(segment));
    let found = id.and_then(|id| persons::number(&id)).and_then(person);
    let found = found.ok_or_else(|| Problem::new(404, "no such person"))?;
    serde_json::to_value(found).map_err(|_| Problem::new(500, "the person cannot be written"))
}

fn diplomas(call: &Call<'_>) -> Result<Value, Problem> {
    let id = call.segments.last().and_then(|segment| decoded(segment));
    diplomas_of(id.as_deref())
}

/// Of the person whom the security server has told, and nobody else: no identifier stands in the request.
fn diplomas_of_subject(call: &Call<'_>) -> Result<Value, Problem> {
    match call.subject {
        Some(subject) => diplomas_of(Some(subject)),
        None => Err(Problem::new(400, "a subject token is needed")),
    }
}

fn diplomas_of(id: Option<&str>) -> Result<Value, Problem> {
    let number = id.and_then(persons::number).ok_or_else(|| Problem::new(404, "no such person"))?;
    serde_json::to_value(json!({ "diplomas": diplomas::of(number) }))
        .map_err(|_| Problem::new(500, "the diplomas cannot be written"))
}

/// What persons are asked for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Search {
    name: Option<String>,
    municipality: Option<String>,
    born_from: Option<String>,
    born_to: Option<String>,
    limit: Option<u32>,
    offset: Option<u32>,
}

fn list(call: &Call<'_>) -> Result<Value, Problem> {
    let mut asked = Search::default();
    for pair in call.query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let bad = || Problem::new(400, format!("the parameter `{name}` cannot be used"));
        let value = decoded(value).ok_or_else(bad)?;
        let repeated = match name {
            "name" => asked.name.replace(value).is_some(),
            "limit" => asked.limit.replace(value.parse().map_err(|_| bad())?).is_some(),
            "offset" => asked.offset.replace(value.parse().map_err(|_| bad())?).is_some(),
            _ => true,
        };
        if repeated {
            return Err(bad());
        }
    }
    page(&asked)
}

fn search(call: &Call<'_>) -> Result<Value, Problem> {
    if call.body.len() > BODY {
        return Err(Problem::new(413, "the body is too large"));
    }
    let asked = serde_json::from_slice(call.body)
        .map_err(|e| Problem::new(400, format!("the conditions cannot be read: {e}")))?;
    page(&asked)
}

#[derive(Serialize)]
struct Page {
    total: usize,
    limit: u32,
    offset: u32,
    persons: Vec<&'static Person>,
}

fn page(asked: &Search) -> Result<Value, Problem> {
    let limit = asked.limit.unwrap_or(DEFAULT_LIMIT);
    let offset = asked.offset.unwrap_or(0);
    if limit == 0 || limit > MAX_LIMIT {
        return Err(Problem::new(400, format!("limit is 1 to {MAX_LIMIT}")));
    }
    for text in [&asked.name, &asked.municipality].into_iter().flatten() {
        if text.is_empty() || text.chars().count() > TEXT {
            return Err(Problem::new(400, format!("a text to search for has 1 to {TEXT} characters")));
        }
    }
    for date in [&asked.born_from, &asked.born_to].into_iter().flatten() {
        if !is_date(date) {
            return Err(Problem::new(400, "a date is YYYY-MM-DD"));
        }
    }
    let lower = |text: &Option<String>| text.as_ref().map(|t| t.to_lowercase());
    let (name, municipality) = (lower(&asked.name), lower(&asked.municipality));
    let holds = |text: &str, part: &Option<String>| part.as_ref().is_none_or(|p| text.to_lowercase().contains(p));
    let fits = |p: &Person| {
        (holds(&p.given_name, &name) || holds(&p.family_name, &name))
            && holds(&p.municipality, &municipality)
            && asked.born_from.as_ref().is_none_or(|from| p.date_of_birth >= *from)
            && asked.born_to.as_ref().is_none_or(|to| p.date_of_birth <= *to)
    };
    let found: Vec<&Person> = persons::ALL.iter().filter(|p| fits(p)).collect();
    let total = found.len();
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let persons = found.into_iter().skip(skip).take(usize::try_from(limit).unwrap_or(0)).collect();
    let page = Page { total, limit, offset, persons };
    serde_json::to_value(page).map_err(|_| Problem::new(500, "the page cannot be written"))
}

/// `YYYY-MM-DD` in digits; comparing such texts compares dates.
fn is_date(text: &str) -> bool {
    let shape = |(i, b): (usize, u8)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

/// Percent-decoded UTF-8; `+` is a plus. `None` for anything ill-formed.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                (high << 4) | low
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(reply: &Reply) -> Value {
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn get(target: &str) -> Reply {
        let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
        handle("GET", path, query, None, b"")
    }

    fn post(body: &str) -> Reply {
        handle("POST", "/persons/search", None, None, body.as_bytes())
    }

    #[test]
    fn a_person_is_found_by_identifier() {
        let reply = get("/persons/LAB-00042");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers, [("content-type", "application/json")]);
        assert_eq!(json(&reply)["id"], "LAB-00042");
        assert_eq!(json(&reply)["generated"], true);
        assert_eq!(get("/persons/%4cAB-00042"), reply, "segments are percent-decoded");
        for missing in ["/persons/LAB-10001", "/persons/LAB-42", "/persons/", "/persons/%ff", "/persons/%4"] {
            assert_eq!(get(missing).status, 404, "{missing}");
        }
    }

    #[test]
    fn diplomas_are_found_by_person() {
        let page = json(&get("/diplomas/LAB-00015"));
        let found = page["diplomas"].as_array().unwrap();
        assert_eq!((found.len(), &found[0]["holder"]["id"]), (2, &json!("LAB-00015")));
        assert_eq!(json(&get("/diplomas/LAB-00001")), json!({ "diplomas": [] }));
        for missing in ["/diplomas/LAB-10001", "/diplomas/", "/diplomas/x"] {
            assert_eq!(get(missing).status, 404, "{missing}");
        }
    }

    #[test]
    fn pages_are_bounded_and_follow_each_other() {
        let all = json(&get("/persons"));
        assert_eq!(all["total"], 10_000);
        assert_eq!(all["persons"].as_array().unwrap().len(), 20);
        let second = json(&get("/persons?limit=100&offset=100"));
        assert_eq!(second["persons"][0]["id"], "LAB-00101");
        assert_eq!(second["persons"].as_array().unwrap().len(), 100);
        assert_eq!(json(&get("/persons?offset=4294967295"))["persons"], json!([]));
        for bad in ["limit=101", "limit=0", "limit=x", "offset=-1", "limit=5&limit=6", "page=1", "name=", "name=%zz"] {
            assert_eq!(get(&format!("/persons?{bad}")).status, 400, "{bad}");
        }
        assert_eq!(get(&format!("/persons?name={}", "a".repeat(TEXT))).status, 200);
        assert_eq!(get(&format!("/persons?name={}", "a".repeat(TEXT + 1))).status, 400);
    }

    #[test]
    fn a_name_is_part_of_either_name() {
        let person = person(7).unwrap();
        let found = json(&get(&format!("/persons?limit=100&name={}", person.family_name.to_uppercase())));
        assert!(found["persons"].as_array().unwrap().iter().any(|p| p["id"] == person.id));
        let all = found["persons"].as_array().unwrap().iter();
        let part = person.family_name.to_lowercase();
        for p in all {
            let names = format!("{} {}", p["givenName"].as_str().unwrap(), p["familyName"].as_str().unwrap());
            assert!(names.to_lowercase().contains(&part), "{names}");
        }
    }

    #[test]
    fn every_condition_of_a_search_holds() {
        let reply = post(r#"{"bornFrom":"1980-01-01","bornTo":"1980-12-31","municipality":"river","limit":100}"#);
        assert_eq!(reply.status, 200);
        let page = json(&reply);
        let found = page["persons"].as_array().unwrap();
        assert!(!found.is_empty());
        for p in found {
            assert!(p["dateOfBirth"].as_str().unwrap().starts_with("1980-"));
            assert_eq!(p["municipality"], "Lab River");
        }
        for bad in ["", "[]", "{", r#"{"nam":"x"}"#, r#"{"bornFrom":"1980"}"#, r#"{"limit":101}"#, r#"{"name":""}"#] {
            assert_eq!(post(bad).status, 400, "{bad}");
        }
        let padded = |n: usize| format!("{{}}{}", " ".repeat(n - 2));
        assert_eq!(post(&padded(BODY)).status, 200);
        assert_eq!(post(&padded(BODY + 1)).status, 413);
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        assert_eq!(get("/").status, 404);
        assert_eq!(get("persons/x/y").status, 404);
        let reply = handle("DELETE", "/persons/LAB-00001", None, None, b"");
        assert_eq!((reply.status, reply.headers.last()), (405, Some(&("allow", "GET"))));
        assert_eq!(handle("GET", "/persons/search", None, None, b"").status, 405);
    }

    #[test]
    fn a_subject_is_answered_without_an_identifier_in_the_path() {
        let of = |subject| handle("GET", "/diplomas", None, subject, b"");
        assert_eq!(of(Some("LAB-00015")), handle("GET", "/diplomas/LAB-00015", None, None, b""));
        assert_eq!((of(Some("LAB-0")).status, of(None).status), (404, 400));
    }

    #[test]
    fn the_description_names_every_path() {
        let doc = json(&get("/openapi.json"));
        assert_eq!(doc["openapi"], "3.0.3");
        let paths: Vec<&String> = doc["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, ["/persons/{id}", "/persons", "/persons/search", "/diplomas", "/diplomas/{id}"]);
        let person = serde_json::to_value(person(1).unwrap()).unwrap();
        let described = doc["components"]["schemas"]["Person"]["properties"].as_object().unwrap();
        assert!(person.as_object().unwrap().keys().eq(described.keys()));
    }
}
