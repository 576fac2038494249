//! What cargo knows about dependencies: the declared ones of each package, and what building one package takes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::tree::root;

/// Runs cargo in the workspace root, offline: the tests were just built, so everything is here.
fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let answer =
        Command::new(program).args(arguments).args(["--offline", "--locked"]).current_dir(root()).output().unwrap();
    assert!(answer.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).unwrap()
}

fn host() -> String {
    let answer = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

/// One package of the dependency graph.
pub(crate) struct Package {
    pub(crate) name: String,
    /// `None` for a package of this workspace.
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a `[dependencies]` table.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) requirement: String,
    pub(crate) source: Option<String>,
    /// A dependency of the program, not of its tests or of its build script.
    pub(crate) normal: bool,
    pub(crate) by_path: bool,
}

/// Every package that the workspace needs on this platform.
pub(crate) fn packages() -> Vec<Package> {
    let text = cargo(&["metadata", "--format-version", "1", "--filter-platform", &host()]);
    let metadata: Value = serde_json::from_str(&text).unwrap();
    let resolved: BTreeSet<&str> =
        list(&metadata["resolve"]["nodes"]).map(|node| node["id"].as_str().unwrap()).collect();
    let wanted = |package: &&Value| resolved.contains(package["id"].as_str().unwrap());
    list(&metadata["packages"]).filter(wanted).map(package).collect()
}

fn package(value: &Value) -> Package {
    Package {
        name: text(&value["name"]).unwrap(),
        source: text(&value["source"]),
        license: text(&value["license"]),
        categories: list(&value["categories"]).filter_map(text).collect(),
        dependencies: list(&value["dependencies"])
            .map(|dependency| Dependency {
                name: text(&dependency["name"]).unwrap(),
                requirement: text(&dependency["req"]).unwrap(),
                source: text(&dependency["source"]),
                normal: dependency["kind"].is_null(),
                by_path: dependency["path"].is_string(),
            })
            .collect(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// What building one package with its default features takes: names, and who asks for whom.
#[derive(Default)]
pub(crate) struct Closure {
    edges: BTreeSet<(String, String)>,
}

impl Closure {
    /// The closure of `package` over `edges`, in the words of `cargo tree --edges`.
    pub(crate) fn of(package: &str, edges: &str) -> Self {
        Self::read(&cargo(&["tree", "--package", package, "--edges", edges, "--prefix", "depth", "--format", "|{p}"]))
    }

    /// Reads lines such as `2|tokio v1.47.0`, depth first.
    fn read(lines: &str) -> Self {
        let mut path: Vec<String> = Vec::new();
        let mut closure = Self::default();
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let (depth, package) = line.split_once('|').expect("depth|package");
            path.truncate(depth.parse().expect("a depth"));
            let name = package.split(' ').next().unwrap().to_owned();
            if let Some(parent) = path.last() {
                closure.edges.insert((parent.clone(), name.clone()));
            }
            path.push(name);
        }
        closure
    }

    /// Every package below the first.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.edges.iter().map(|(_, child)| child.as_str()).collect()
    }

    /// Who asks for `name` directly.
    pub(crate) fn parents(&self, name: &str) -> BTreeSet<&str> {
        self.edges.iter().filter(|(_, child)| child == name).map(|(parent, _)| parent.as_str()).collect()
    }
}

/// The packages of the workspace by their folder name: `core` for `simpul-core`.
pub(crate) fn members() -> BTreeMap<String, Package> {
    let own = packages().into_iter().filter(|package| package.source.is_none());
    own.map(|package| (short(&package.name).to_owned(), package)).collect()
}

/// `core` for `simpul-core`; other names as they are.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix("simpul-").unwrap_or(name)
}

#[test]
fn closures_are_read_from_depths() {
    let closure = Closure::read("0|a v1 (/x)\n1|b v1\n2|c v1\n1|d v1 (proc-macro)\n2|c v1 (*)\n");
    assert_eq!(closure.names().into_iter().collect::<Vec<_>>(), ["b", "c", "d"]);
    assert_eq!(closure.parents("c").into_iter().collect::<Vec<_>>(), ["b", "d"]);
    assert!(closure.parents("a").is_empty());
}
