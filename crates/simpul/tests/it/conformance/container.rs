//! Containers that somebody changed, given to `simpul verify` with the anchor and the configuration of the signer's
//! state.

use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::time::Instant;

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::case::{Call, Case};
use super::consumer;
use super::laboratory::Laboratory;
use super::outcome::Outcome;
use super::peer::message::{CLIENT, SERVICE};
use super::text::{expand, expanded};
use super::tool;
use crate::evidence::Judge;

/// Two containers of one federation, a request without a body and one with a body, and what they are judged with.
pub(super) struct Evidence {
    folder: tempfile::TempDir,
    get: Vec<u8>,
    post: Vec<u8>,
    conf: PathBuf,
    anchors: PathBuf,
}

/// A container taken apart.
struct Archive {
    entries: Vec<(String, Vec<u8>)>,
    /// What is done to the octets of the file.
    raw: Vec<(String, String)>,
    /// Whose anchor judges.
    anchor: String,
}

impl Evidence {
    /// Makes two calls and fetches the sealed and stamped requests from the consumer's server.
    pub(super) fn of(laboratory: &Laboratory, judge: &Judge<'_>) -> Self {
        let base = format!("http://{}", laboratory.consumer());
        let headers = |id: &str| {
            vec![format!("X-Road-Client: {CLIENT}"), format!("X-Road-Id: {id}"), "Content-Type: text/plain".to_owned()]
        };
        let get = Call { headers: headers("conformance-get"), ..Call::default() };
        let post = Call {
            line: format!("POST /r1/{SERVICE}/persons/search HTTP/1.1"),
            headers: headers("conformance-post"),
            body: "{\"name\":\"a\"}".to_owned(),
            ..Call::default()
        };
        for call in [get, post] {
            let outcome = consumer::call(laboratory.consumer(), &call, std::time::Duration::from_secs(30));
            assert!(outcome.status.is_some() && outcome.code.is_none(), "{outcome:?}");
        }
        let fetch = |id: &str| judge.fetch(&base, CLIENT, id, "requestOnly");
        Self {
            folder: tempfile::tempdir().unwrap(),
            get: fetch("conformance-get"),
            post: fetch("conformance-post"),
            conf: judge.conf(&base, CLIENT, "conformance-get"),
            anchors: laboratory.federation.dir().to_owned(),
        }
    }

    /// Judges the container that a case makes.
    pub(super) fn run(&self, case: &Case) -> Outcome {
        let mut mutations = case.mutate.iter().map(String::as_str).peekable();
        let octets = if mutations.next_if_eq(&"without-body").is_some() { &self.get } else { &self.post };
        let mut archive = Archive::read(octets);
        mutations.for_each(|mutation| archive.mutate(mutation));
        let file = self.folder.path().join(format!("{}.asice", case.name.replace('/', "-")));
        std::fs::write(&file, archive.write()).unwrap();
        let anchor = self.anchors.join(&archive.anchor).join("anchor.xml");
        let start = Instant::now();
        let arguments = ["verify", "--json", "--anchor", anchor.to_str().unwrap(), "--conf"];
        tool::run(&arguments, &[self.conf.as_path(), file.as_path()], start)
    }

    /// The unchanged containers, which must be valid.
    pub(super) fn healthy(&self) -> Vec<Outcome> {
        let run = |name: &str, octets: &[u8]| {
            let file = self.folder.path().join(name);
            std::fs::write(&file, octets).unwrap();
            let anchor = self.anchors.join("id/anchor.xml");
            let arguments = ["verify", "--json", "--anchor", anchor.to_str().unwrap(), "--conf"];
            tool::run(&arguments, &[self.conf.as_path(), file.as_path()], Instant::now())
        };
        let rewritten = Archive::read(&self.post).write();
        vec![run("get.asice", &self.get), run("post.asice", &self.post), run("rewritten.asice", &rewritten)]
    }
}

impl Archive {
    fn read(octets: &[u8]) -> Self {
        let mut zip = ZipArchive::new(Cursor::new(octets)).unwrap();
        let mut entries = Vec::new();
        for at in 0..zip.len() {
            let mut entry = zip.by_index(at).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            entries.push((entry.name().to_owned(), content));
        }
        Self { entries, raw: Vec::new(), anchor: "id".to_owned() }
    }

    fn write(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &self.entries {
            zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.set_comment("mimetype=application/vnd.etsi.asic-e+zip");
        let mut octets = zip.finish().unwrap().into_inner();
        for (what, argument) in &self.raw {
            match what.as_str() {
                "file" => octets = expand(argument),
                "file-octets" => octets.truncate(argument.parse().unwrap()),
                "file-before" => octets = [expand(argument), octets].concat(),
                // Names of entries, both in the headers and in the directory.
                "rename" => {
                    let (from, to) = argument.split_once(" => ").unwrap();
                    assert_eq!(from.len(), to.len());
                    octets = replace_octets(&octets, from.as_bytes(), to.as_bytes());
                }
                _ => panic!("no mutation is called `{what}`"),
            }
        }
        octets
    }

    fn mutate(&mut self, mutation: &str) {
        let (name, argument) = mutation.split_once(": ").unwrap_or((mutation, ""));
        let (entry, rest) = argument.split_once(' ').unwrap_or((argument, ""));
        match name {
            "drop" => {
                self.content(argument);
                self.entries.retain(|(n, _)| n != argument);
            }
            "empty" => self.content(argument).clear(),
            "put" => *self.content(entry) = expand(rest),
            "add" => self.entries.push((entry.to_owned(), expand(rest))),
            "many" => {
                let more = (0..rest.parse().unwrap()).map(|n| (format!("{entry}{n}"), Vec::new()));
                self.entries.extend(more);
            }
            "text" => {
                let (from, to) = rest.split_once(" => ").unwrap();
                let content = self.content(entry);
                let text = String::from_utf8(content.clone()).unwrap();
                assert!(text.contains(from), "{entry} has no `{from}`");
                *content = text.replacen(from, &expanded(to), 1).into_bytes();
            }
            // Everything from one text to the next is left out.
            "cut" => {
                let (from, to) = rest.split_once(" .. ").unwrap();
                let content = self.content(entry);
                let text = String::from_utf8(content.clone()).unwrap();
                let start = text.find(from).unwrap();
                let end = start + text[start..].find(to).unwrap() + to.len();
                *content = [&text[..start], &text[end..]].concat().into_bytes();
            }
            "anchor-of" => self.anchor = argument.to_owned(),
            _ => self.raw.push((name.to_owned(), argument.to_owned())),
        }
    }

    fn content(&mut self, name: &str) -> &mut Vec<u8> {
        let found = self.entries.iter_mut().find(|(n, _)| n == name);
        &mut found.unwrap_or_else(|| panic!("no entry {name}")).1
    }
}

fn replace_octets(octets: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = octets.to_vec();
    let places: Vec<usize> =
        (0..octets.len().saturating_sub(from.len())).filter(|i| octets[*i..].starts_with(from)).collect();
    assert!(!places.is_empty(), "the name is there");
    places.iter().for_each(|at| out[*at..*at + to.len()].copy_from_slice(to));
    out
}
