//! Published configurations that somebody changed, given to `simpul globalconf verify`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha512;
use openssl::sign::Signer;

use super::case::Case;
use super::laboratory::Laboratory;
use super::outcome::Outcome;
use super::peer::replace;
use super::text::expanded;
use super::tool;
use crate::support::http;

/// What a registry publishes, and the key that it signs with.
pub(super) struct Published {
    folder: tempfile::TempDir,
    directory: String,
    /// Parts by their location.
    parts: BTreeMap<String, Vec<u8>>,
    anchor: String,
    foreign: String,
    key: PKey<openssl::pkey::Private>,
}

/// A copy that is being changed.
struct Copy<'a> {
    published: &'a Published,
    directory: String,
    parts: BTreeMap<String, Vec<u8>>,
    anchor: Option<String>,
    at: Option<String>,
}

impl Published {
    /// Fetches version 6 of the internal configuration of `ID`.
    pub(super) fn by(laboratory: &Laboratory) -> Self {
        let base = laboratory.federation.text("/id/registry");
        let get = |path: &str| {
            let (status, body) = http::get(base, path, &[]).expect("the registry answers");
            assert_eq!(status, 200, "{path}");
            body
        };
        let directory = String::from_utf8(get("/internalconf?version=6")).unwrap();
        let locations = directory.lines().filter_map(|l| l.strip_prefix("Content-location: "));
        let parts = locations.map(|l| (l.to_owned(), get(l))).collect();
        let read = |file: &str| std::fs::read_to_string(laboratory.federation.dir().join(file)).unwrap();
        let key = PKey::private_key_from_pem(read("id/keys/internal.key").as_bytes()).unwrap();
        let (anchor, foreign) = (read("id/anchor.xml"), read("my/anchor.xml"));
        Self { folder: tempfile::tempdir().unwrap(), directory, parts, anchor, foreign, key }
    }

    /// Judges what a case makes of it.
    pub(super) fn run(&self, case: &Case) -> Outcome {
        let mut copy = self.copy();
        case.mutate.iter().for_each(|mutation| copy.mutate(mutation));
        copy.judge(&self.folder.path().join(case.name.replace('/', "-")))
    }

    /// The unchanged configuration, and one that is signed again, which must both be valid.
    pub(super) fn healthy(&self) -> Vec<Outcome> {
        let mut again = self.copy();
        again.sign();
        vec![
            self.copy().judge(&self.folder.path().join("as-it-is")),
            again.judge(&self.folder.path().join("signed-again")),
        ]
    }

    fn copy(&self) -> Copy<'_> {
        let (directory, parts) = (self.directory.clone(), self.parts.clone());
        Copy { published: self, directory, parts, anchor: Some(self.anchor.clone()), at: None }
    }
}

impl Copy<'_> {
    fn mutate(&mut self, mutation: &str) {
        let (name, argument) = mutation.split_once(": ").unwrap_or((mutation, ""));
        let from_to = || {
            let (from, to) = argument.split_once(" =>").unwrap_or_else(|| panic!("`{argument}` is not FROM => TO"));
            (from, to.strip_prefix(' ').unwrap_or(to))
        };
        match name {
            // Text of the directory: the signature stays what it was.
            "directory" => {
                let (from, to) = from_to();
                self.directory = replace(&self.directory, &expanded(from), &expanded(to));
            }
            // The signature names a certificate whose hash nobody has.
            "other-certificate" => {
                let field = "Verification-certificate-hash: ";
                let hash = self.directory.split_once(field).unwrap().1.split(';').next().unwrap().to_owned();
                let other = STANDARD.encode(sha512(hash.as_bytes()));
                self.directory = replace(&self.directory, &hash, &other);
            }
            // The directory is signed again.
            "sign" => self.sign(),
            // Text of the shared parameters.
            "shared" => {
                let (from, to) = from_to();
                let part = self.shared();
                *part = replace(&String::from_utf8(part.clone()).unwrap(), from, &expanded(to)).into_bytes();
            }
            // The hash of the shared parameters, made anew.
            "hash" => {
                let before = STANDARD.encode(sha512(self.published.shared()));
                let after = STANDARD.encode(sha512(self.shared()));
                self.directory = replace(&self.directory, &before, &after);
            }
            "drop-shared" => {
                let name = self.parts.keys().find(|n| n.ends_with("shared-params.xml")).unwrap().clone();
                self.parts.remove(&name);
            }
            "anchor" => {
                let (from, to) = from_to();
                self.anchor = self.anchor.take().map(|anchor| replace(&anchor, from, &expanded(to)));
            }
            "anchor-of-another" => self.anchor = Some(self.published.foreign.clone()),
            "no-anchor" => self.anchor = None,
            "at" => self.at = Some(argument.to_owned()),
            _ => panic!("no mutation is called `{name}`"),
        }
    }

    fn shared(&mut self) -> &mut Vec<u8> {
        let found = self.parts.iter_mut().find(|(name, _)| name.ends_with("shared-params.xml"));
        found.expect("the registry publishes shared parameters").1
    }

    /// Signs from the first inner delimiter to the line end of the last (wire.md §8.3).
    fn sign(&mut self) {
        let boundary = |text: &str, kind: &str| {
            let (_, rest) = text.split_once(kind).unwrap();
            rest.split_once("boundary=").unwrap().1.lines().next().unwrap().to_owned()
        };
        let inner = boundary(&self.directory, "multipart/mixed");
        let start = self.directory.find(&format!("--{inner}\r\n")).unwrap();
        let close = format!("--{inner}--\r\n");
        let end = self.directory.find(&close).unwrap() + close.len();
        let mut signer = Signer::new(MessageDigest::sha512(), &self.published.key).unwrap();
        let value = signer.sign_oneshot_to_vec(&self.directory.as_bytes()[start..end]).unwrap();
        let (head, tail) = self.directory.rsplit_once("\r\n\r\n").unwrap();
        let (_, tail) = tail.split_once("\r\n").unwrap();
        self.directory = format!("{head}\r\n\r\n{}\r\n{tail}", STANDARD.encode(value));
    }

    fn judge(&self, folder: &Path) -> Outcome {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("internalconf"), &self.directory).unwrap();
        for (location, content) in &self.parts {
            let path = folder.join(location.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let anchor = PathBuf::from(format!("{}-anchor.xml", folder.display()));
        if let Some(text) = &self.anchor {
            std::fs::write(&anchor, text).unwrap();
        }
        let mut arguments = vec!["globalconf", "verify", "--json"];
        if let Some(at) = &self.at {
            arguments.extend(["--at", at]);
        }
        let anchor_argument = format!("--anchor={}", anchor.display());
        arguments.extend([anchor_argument.as_str(), "--dir"]);
        tool::run(&arguments, &[folder], Instant::now())
    }
}

impl Published {
    fn shared(&self) -> &[u8] {
        self.parts.iter().find(|(name, _)| name.ends_with("shared-params.xml")).unwrap().1
    }
}
