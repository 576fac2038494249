//! A case as its file has it, and the loading of all of them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One case: who meets the node with what, and how the node must answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Case {
    /// Its file below `conformance/`, without the ending.
    #[serde(skip)]
    pub(super) name: String,
    /// Which door of the node it knocks at.
    pub(super) subject: Subject,
    /// The clause of `wire.md` from which the expectation follows, such as `2.1`.
    pub(super) clause: String,
    /// Where in the exchange the node refuses.
    pub(super) stage: String,
    /// What is wrong, in a few words.
    pub(super) title: String,
    /// How the clause leads to the expectation.
    pub(super) note: String,
    /// File and rule of the reference implementation, where the clause leaves the answer open.
    pub(super) reference: Option<String>,
    /// Where the node is stricter than clause and reference, the place that documents its choice.
    pub(super) stricter: Option<String>,
    /// The call of the information system; absent for the ordinary one.
    pub(super) call: Option<Call>,
    /// What is changed in the recipe of the subject, in this order.
    #[serde(default)]
    pub(super) mutate: Vec<String>,
    /// Roles that are stopped before the call, such as `id/registry`.
    #[serde(default)]
    pub(super) stop: Vec<String>,
    /// The answer.
    pub(super) expect: Expect,
}

/// A door of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Subject {
    /// Octets at the consumer port.
    Consumer,
    /// A peer's message at the peer port.
    Provider,
    /// The node as consumer before a faulty provider's server.
    ConsumerPeer,
    /// A call while another part of the federation is down.
    Outage,
    /// A container, given to `simpul verify`.
    Container,
    /// A signed configuration, given to `simpul globalconf verify`.
    Globalconf,
    /// A configuration file, given to the node itself.
    Config,
}

/// An HTTP request, octet for octet. In its texts `${…}` is expanded, see `text.rs`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Call {
    /// The request line; the ordinary GET if it is empty.
    pub(super) line: String,
    /// Header lines. `Host` and `Connection: close` go before them unless `bare` is set.
    pub(super) headers: Vec<String>,
    /// Nothing is added to the header lines.
    pub(super) bare: bool,
    /// The body.
    pub(super) body: String,
    /// `Content-Length`, where it is not the body's.
    pub(super) announce: Option<u64>,
    /// How much of it is sent.
    pub(super) sends: Sends,
    /// What the caller does then.
    pub(super) then: Then,
}

/// How much of a call is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Sends {
    /// All of it.
    #[default]
    Everything,
    /// The head without its end, and no body.
    AnOpenHead,
    /// Nothing.
    Nothing,
}

/// What a caller does when it has sent what it sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Then {
    /// Waits for the answer.
    #[default]
    Wait,
    /// Ends its half of the connection and waits for the answer.
    Finish,
    /// Breaks the connection.
    Reset,
}

/// How the node must answer; what is absent is not looked at, but one of them must be there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Expect {
    /// HTTP status.
    pub(super) status: Option<u16>,
    /// Fault code, whole.
    pub(super) code: Option<String>,
    /// The form in which the code comes.
    pub(super) form: Option<Form>,
    /// The node closes the connection without an answer.
    #[serde(default)]
    pub(super) closed: bool,
    /// Exit code of the program.
    pub(super) exit: Option<i32>,
    /// Text that the answer holds.
    pub(super) text: Option<String>,
    /// The most seconds that the answer may take; 10 if absent.
    pub(super) within: Option<u64>,
}

/// A form of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Form {
    /// A JSON object in X-Road's form.
    Json,
    /// An XML element in X-Road's form.
    Xml,
    /// Plain text.
    Text,
    /// A SOAP fault as the whole body.
    Soap,
    /// A SOAP fault as a part of a multipart message.
    Part,
}

impl Expect {
    /// The longest that the answer may take, in seconds.
    pub(super) fn patience(&self) -> u64 {
        self.within.unwrap_or(10)
    }

    /// What stands for the code where pairs of code and stage are counted.
    pub(super) fn key(&self) -> String {
        match (&self.code, self.status, self.exit) {
            (Some(code), _, _) => code.clone(),
            (None, Some(status), _) => format!("HTTP {status}"),
            (None, None, Some(exit)) => format!("exit {exit}: {}", self.text.as_deref().unwrap_or_default()),
            (None, None, None) => "closed".to_owned(),
        }
    }
}

/// The cases of one subject, in the order of their files.
pub(super) fn of(subject: Subject) -> Vec<Case> {
    let cases: Vec<Case> = all().into_iter().filter(|c| c.subject == subject).collect();
    assert!(!cases.is_empty(), "there are cases of {subject:?}");
    cases
}

/// Every case.
pub(super) fn all() -> Vec<Case> {
    let root = root();
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    files.iter().map(|file| read(&root, file)).collect()
}

/// The folder of the cases.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
}

fn read(root: &Path, file: &Path) -> Case {
    let text = std::fs::read_to_string(file).unwrap();
    let mut case: Case = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    case.name = file.strip_prefix(root).unwrap().with_extension("").display().to_string();
    let e = &case.expect;
    assert!(
        e.status.is_some() || e.code.is_some() || e.exit.is_some() || e.closed,
        "{}: nothing is expected",
        case.name
    );
    case
}
