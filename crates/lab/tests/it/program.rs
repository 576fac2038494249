//! The machine's `openssl` program as an independent judge.

use std::path::{Path, PathBuf};
use std::process::Command;

use simpul_core::{MemberId, ServerId, UnixTime};
use simpul_lab::ca::{AuthRequest, CaPlan, KeyKind, LabCa, SignRequest, SubjectLayout};
use simpul_trust::token::SoftSigner;

/// 2026-11-21T10:00:00Z.
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_795_255_200);

/// Whether the program is here; says so if it is not.
pub(crate) fn openssl_is_here() -> bool {
    let here = Command::new("openssl").arg("version").output().is_ok_and(|o| o.status.success());
    if !here {
        println!("skipped: no openssl program");
    }
    here
}

/// Runs it in `dir`: whether it succeeded, and all that it printed.
pub(crate) fn openssl(dir: &Path, args: &[&str]) -> (bool, String) {
    let out = Command::new("openssl").args(args).current_dir(dir).output().unwrap();
    let text = [out.stdout, out.stderr].concat();
    (out.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// A CA that is saved in a new folder.
pub(crate) fn saved_ca(intermediate: bool, key: KeyKind) -> (LabCa, tempfile::TempDir) {
    let plan = CaPlan { intermediate, key, ..CaPlan::named("Atlantis", NOW) };
    let ca = LabCa::create(&plan).unwrap();
    let dir = tempfile::tempdir().unwrap();
    ca.save(dir.path()).unwrap();
    (ca, dir)
}

pub(crate) fn member() -> MemberId {
    "AT/GOV/1001".parse().unwrap()
}

pub(crate) fn sign_key(ca: &mut LabCa, layout: SubjectLayout) -> SoftSigner {
    let request = SignRequest { member: &member(), name: "Civil Registry", server_code: "ss1", country: "XA" };
    ca.new_sign_key(layout, &request, NOW).unwrap()
}

pub(crate) fn auth_key(ca: &mut LabCa, layout: SubjectLayout) -> SoftSigner {
    let server: ServerId = "AT/GOV/1001/ss1".parse().unwrap();
    let request = AuthRequest { server: &server, dns: "ss1.lab.test", country: "XA" };
    ca.new_auth_key(layout, &request, NOW).unwrap()
}

/// Writes bytes into the folder and returns the file's name.
pub(crate) fn put(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Both kinds of key, with and without an intermediate CA.
pub(crate) const KINDS: [(bool, KeyKind); 3] =
    [(false, KeyKind::Rsa2048), (true, KeyKind::P256), (false, KeyKind::P256)];
