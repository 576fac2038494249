//! Evidence as a judge gets it: a container and the signed configuration from a node, the anchor from the state.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::{Federation, SIMPUL, http};

/// Fetches containers and verifies them offline with the anchor of the state that asks.
pub(crate) struct Judge<'a> {
    federation: &'a Federation,
    folder: tempfile::TempDir,
    confs: Mutex<HashSet<u64>>,
}

impl<'a> Judge<'a> {
    pub(crate) fn of(federation: &'a Federation) -> Self {
        Self { federation, folder: tempfile::tempdir().unwrap(), confs: Mutex::default() }
    }

    /// One side of one exchange of a party, from its node: it must be there and verify.
    pub(crate) fn fetch_and_verify(&self, base: &str, party: &str, id: &str, side: &str) -> Value {
        let container = self.fetch(base, party, id, side);
        let file = self.folder.path().join(format!("{side}.asice"));
        std::fs::write(&file, container).unwrap();
        let (code, verdict) = self.verify(&file, party, &self.conf(base, party, id));
        assert_eq!(code, 0, "{id} {side} of {party}: {verdict}");
        assert_eq!(verdict["verdict"], "valid", "{verdict}");
        assert_eq!(verdict["trust"], "anchor", "{verdict}");
        verdict
    }

    /// The container of one side.
    pub(crate) fn fetch(&self, base: &str, party: &str, id: &str, side: &str) -> Vec<u8> {
        let path = format!("/asic?{}&unique&force&{side}", query(party, id));
        let (status, container) = http::get(base, &path, &[]).expect("the node answers");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&container));
        container
    }

    /// The container of one side, as soon as the timestamping job has stamped it.
    pub(crate) fn fetch_stamped(&self, base: &str, party: &str, id: &str, side: &str) -> Vec<u8> {
        let path = format!("/asic?{}&unique&{side}", query(party, id));
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            // wire.md §7.4: 500 until it is stamped.
            match http::get(base, &path, &[]).expect("the node answers") {
                (200, container) => return container,
                (500, _) if Instant::now() < patience => {}
                (status, text) => panic!("{path}: {status} {}", String::from_utf8_lossy(&text)),
            }
        }
    }

    /// The names in the archive of both sides.
    pub(crate) fn archive(&self, base: &str, party: &str, id: &str) -> Vec<String> {
        self.names(base, &format!("/asic?{}&force", query(party, id)))
    }

    /// The names in the unsigned configuration that X-Road's verifier takes (wire.md §7.4).
    pub(crate) fn verificationconf(&self, base: &str) -> Vec<String> {
        self.names(base, "/verificationconf")
    }

    fn names(&self, base: &str, path: &str) -> Vec<String> {
        let (status, zip) = http::get(base, path, &[]).expect("the node answers");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&zip));
        let zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut names: Vec<String> = zip.file_names().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// The signed configuration that was in force for the exchange, unpacked.
    pub(crate) fn conf(&self, base: &str, party: &str, id: &str) -> PathBuf {
        let path = format!("/signedconf?{}", query(party, id));
        let (status, zip) = http::get(base, &path, &[]).expect("the node answers");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&zip));
        let mut hasher = DefaultHasher::new();
        zip.hash(&mut hasher);
        let name = hasher.finish();
        let folder = self.folder.path().join(format!("conf-{name:x}"));
        if self.confs.lock().unwrap().insert(name) {
            unpack(&zip, &folder);
        }
        folder.join("signedconf")
    }

    /// Exit code and JSON of `simpul verify` with the anchor of the party's own state.
    pub(crate) fn verify(&self, file: &Path, party: &str, conf: &Path) -> (i32, Value) {
        let state = party.split('/').next().unwrap().to_lowercase();
        let anchor = self.federation.dir().join(state).join("anchor.xml");
        let output = Command::new(SIMPUL)
            .args(["verify", "--json", "--anchor"])
            .arg(anchor)
            .arg("--conf")
            .arg(conf)
            .arg(file)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), json)
    }
}

/// The parameters that name an exchange (wire.md §7.4).
fn query(party: &str, id: &str) -> String {
    let mut fields = party.split('/');
    let mut field = || fields.next().unwrap();
    format!(
        "xRoadInstance={}&memberClass={}&memberCode={}&subsystemCode={}&queryId={id}",
        field(),
        field(),
        field(),
        field()
    )
}

/// Unpacks a zip into a folder, entry by entry.
pub(crate) fn unpack(bytes: &[u8], folder: &Path) {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).unwrap();
        let path = folder.join(entry.enclosed_name().expect("names stay inside"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        std::fs::write(path, content).unwrap();
    }
}
