//! One flipped bit anywhere in a container is rejected, and the verdict says where; or it changes neither the verdict
//! nor any displayed fact, and the region is listed in `conformance/flips.txt`.
//!
//! Two forms: the file with one bit flipped, which mostly a checksum notices; and an entry with one bit flipped in a
//! container that was made anew around it, as somebody would do who means it.
//!
//! CI flips one bit of every octet of the file, and of every few octets of the entries; `SIMPUL_FLIPS=full` flips every
//! bit of both and takes its time; `SIMPUL_FLIPS=update` does the same and writes the list anew.

mod archive;
mod document;
mod regions;
mod samples;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use roxmltree::Document;
use simpul::evidence::Facts;
use simpul::verdict::{Judgement, Verdict};

use self::regions::Regions;
use self::samples::Sample;

/// Of how many octets of an entry CI flips one bit: of one in this many.
const STRIDE: usize = 13;

/// What the flips came to.
#[derive(Default)]
struct Tally {
    flips: AtomicUsize,
    accepted: AtomicUsize,
    regions: Mutex<BTreeSet<String>>,
    wrong: Mutex<Vec<String>>,
}

#[test]
fn a_flipped_bit_is_rejected_or_changes_nothing_that_is_shown() {
    let mode = std::env::var("SIMPUL_FLIPS").unwrap_or_default();
    assert!(["", "full", "update"].contains(&mode.as_str()), "SIMPUL_FLIPS is `full` or `update`");
    let all = !mode.is_empty();
    let tally = Tally::default();
    for sample in ["rsa2048", "p256"].into_iter().flat_map(samples::of) {
        let good = sample.judge(&sample.octets);
        assert_eq!(good.verdict, Judgement::Valid, "{}: {}", sample.name, good.report());
        flip_file(&sample, &good, all, &tally);
        flip_entries(&sample, &good, all, &tally);
    }
    let (flips, accepted) = (tally.flips.into_inner(), tally.accepted.into_inner());
    println!("note: {flips} flips, {} rejected, {accepted} without effect", flips - accepted);
    let wrong = tally.wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} flips are wrong, such as:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    let found = tally.regions.into_inner().unwrap();
    if mode == "update" {
        Regions::read().update(&found);
    }
    let differences = Regions::read().compare(&found, all);
    assert!(differences.is_empty(), "conformance/flips.txt:\n{}", differences.join("\n"));
}

/// The bits that are flipped of one octet: all, or one that differs from octet to octet.
fn bits(place: usize, all: bool) -> impl Iterator<Item = u8> {
    let bits = if all { 0..8 } else { place % 8..place % 8 + 1 };
    bits.map(|bit| 1 << bit)
}

/// Flips the file as it lies on a disk.
fn flip_file(sample: &Sample, good: &Verdict<Facts>, all: bool, tally: &Tally) {
    let map = archive::map(&sample.octets);
    let places: Vec<_> = map.iter().enumerate().collect();
    side_by_side(&places, |&(place, what)| {
        for bit in bits(place, all) {
            let mut octets = sample.octets.clone();
            octets[place] ^= bit;
            let region = || format!("file: {}", what.what);
            tally.count(sample, good, &sample.judge(&octets), &what.named, region);
        }
    });
}

/// Flips the content of each entry, in a container that was made anew.
fn flip_entries(sample: &Sample, good: &Verdict<Facts>, all: bool, tally: &Tally) {
    let entries = archive::entries(&sample.octets);
    let again = sample.judge(&archive::stored(&entries));
    assert_eq!(again, *good, "a container made anew from the same entries");
    for (number, (name, content)) in entries.iter().enumerate() {
        let text = String::from_utf8(content.clone()).unwrap_or_default();
        // Nobody looks at the manifests (wire.md §7.1); their parts make no difference.
        let manifest = ["META-INF/manifest.xml", "META-INF/ASiCManifest.xml"].contains(&name.as_str());
        let document = Document::parse(&text).ok().filter(|_| !manifest);
        let places: Vec<_> = (0..content.len()).step_by(if all { 1 } else { STRIDE }).collect();
        side_by_side(&places, |&place| {
            for bit in bits(place / STRIDE, all) {
                let mut changed = entries.clone();
                changed[number].1[place] ^= bit;
                let verdict = sample.judge(&archive::stored(&changed));
                let region = || match &document {
                    Some(document) => format!("{name}: {}", document::region(document, place, bit)),
                    None if name == "META-INF/timestamp.tst" => format!("{name}: {}", document::token(content, place)),
                    None => format!("{name}: all of it"),
                };
                tally.count(sample, good, &verdict, name, region);
            }
        });
    }
}

impl Tally {
    /// Judges one flip by its verdict. `part` is what must be named if it is rejected.
    fn count(
        &self,
        sample: &Sample,
        good: &Verdict<Facts>,
        verdict: &Verdict<Facts>,
        part: &str,
        region: impl Fn() -> String,
    ) {
        self.flips.fetch_add(1, Ordering::Relaxed);
        let wrong = |what: &str| {
            let line = format!("{}, {}: {what}: {}", sample.name, region(), verdict.json());
            self.wrong.lock().unwrap().push(line);
        };
        match verdict.verdict {
            Judgement::Valid if verdict == good => {
                self.accepted.fetch_add(1, Ordering::Relaxed);
                self.regions.lock().unwrap().insert(region());
            }
            Judgement::Valid => wrong("a fact changed and nobody noticed"),
            Judgement::Invalid | Judgement::Unreadable => {
                let named = &verdict.facts.in_question;
                let more = format!("{part} (");
                if !named.iter().any(|name| name == part || name.starts_with(&more)) {
                    wrong("the part is not named");
                }
                if verdict.code.is_none() || verdict.facts.signer.is_some() || verdict.facts.signed_at.is_some() {
                    wrong("no code, or a fact that is not proved");
                }
            }
        }
    }
}

/// Does the work on two threads.
fn side_by_side<T: Sync>(work: &[T], run: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        for half in work.chunks(work.len().div_ceil(2).max(1)) {
            let run = &run;
            scope.spawn(move || half.iter().for_each(run));
        }
    });
}
