//! Calls by `curl`, a client that nobody here wrote.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

/// A call in the making.
pub(crate) struct Curl {
    command: Command,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// HTTP status; 0 if there was none.
    pub(crate) status: u16,
    /// Headers, names in lower case; of several the last.
    pub(crate) headers: HashMap<String, String>,
    /// Body.
    pub(crate) body: Vec<u8>,
}

impl Curl {
    /// A GET of this URL, as it is written.
    pub(crate) fn get(url: &str) -> Self {
        let mut command = Command::new("curl");
        command.args([
            "--silent",
            "--include",
            "--path-as-is",
            "--globoff",
            "--max-time",
            "120",
            "--http1.1",
            "--noproxy",
            "*",
        ]);
        command.arg(url);
        Self { command }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.command.args(["--header", &format!("{name}: {value}")]);
        self
    }

    /// Adds the client header.
    pub(crate) fn client(self, id: &str) -> Self {
        self.header("X-Road-Client", id)
    }

    /// Makes it a POST of this body.
    pub(crate) fn post(mut self, content_type: &str, body: &str) -> Self {
        self.command.args(["--data-binary", body, "--header", &format!("Content-Type: {content_type}")]);
        self
    }

    /// Makes it a POST of a file, streamed.
    pub(crate) fn post_file(mut self, content_type: &str, file: &Path) -> Self {
        self.command.arg("--upload-file").arg(file);
        self.command.args(["--request", "POST", "--header", &format!("Content-Type: {content_type}")]);
        self
    }

    /// Believes this certificate and no other, and lets the name in the URL be checked against it.
    pub(crate) fn trust(mut self, certificate: &Path) -> Self {
        self.command.arg("--cacert").arg(certificate);
        self
    }

    /// Presents this certificate with its key, PEM files.
    pub(crate) fn certificate(mut self, certificate: &Path, key: &Path) -> Self {
        self.command.arg("--cert").arg(certificate).arg("--key").arg(key);
        self
    }

    /// Makes the call, and gives status, length and SHA-256 of the body, of which little is held at a time.
    pub(crate) fn digest(mut self) -> (u16, u64, [u8; 32]) {
        self.command.args(["--no-include", "--max-time", "600", "--write-out", "%{stderr}%{http_code}"]);
        let mut child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("curl runs");
        let mut body = child.stdout.take().unwrap();
        let (mut sha, mut length, mut buffer) = (openssl::sha::Sha256::new(), 0, vec![0; 256 * 1024]);
        while let n @ 1.. = body.read(&mut buffer).unwrap() {
            sha.update(&buffer[..n]);
            length += n as u64;
        }
        let status = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
        (status.trim().parse().unwrap_or(0), length, sha.finish())
    }

    /// Makes the call.
    pub(crate) fn send(mut self) -> Reply {
        let output = self.command.output().expect("curl runs");
        Reply::parse(&output.stdout)
    }
}

impl Reply {
    fn parse(mut bytes: &[u8]) -> Self {
        loop {
            let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
                return Self { status: 0, headers: HashMap::new(), body: bytes.to_vec() };
            };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            bytes = &bytes[end + 4..];
            let mut lines = head.lines();
            let status = lines.next().and_then(|l| l.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
            if status == 100 {
                continue;
            }
            let headers = lines
                .filter_map(|l| l.split_once(':').map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())))
                .collect();
            return Self { status, headers, body: bytes.to_vec() };
        }
    }

    /// A header's value, or the empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The code of X-Road's fault form (wire.md §2.6), checked against its header.
    pub(crate) fn fault(&self) -> String {
        let code = self.json()["type"].as_str().unwrap_or_default().to_owned();
        assert_eq!(self.header("x-road-error"), code, "header and body agree");
        code
    }
}
