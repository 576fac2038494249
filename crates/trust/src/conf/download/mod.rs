//! Fetching a configuration (wire.md §8.2) as a plan without input or output.
//!
//! [`start`] gives the first [`Step`]. A [`Need`] names one URL; whoever has sockets fetches it and hands the
//! [`Response`] to [`Need::answer`], which gives the next step, until [`Step::Done`]. Nothing that arrives is believed
//! before it is proved by [`super::signed`].

mod locations;
mod outcome;
mod url;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use simpul_core::ident::Instance;
use simpul_core::{UnixTime, limits};
use simpul_wire::gconf::{Anchor, FormatVersion, PartEntry, PartKind};

pub use self::locations::AllowedFederations;
pub use self::outcome::{Attempt, AttemptError, Fetched, Outcome, Refused};
use super::error::ConfError;
use super::location::Location;
use super::part::LoadedPart;
use super::rollback::{self, RollbackPolicy, Succession};
use super::signed::{Published, VerifiedDirectory, verify_directory};

/// What one round of fetching starts from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The anchor of the own instance.
    pub anchor: Anchor,
    /// Which other instances are fetched.
    pub allowed: AllowedFederations,
    /// What was accepted in the last round: its parts are not fetched again while they stay the same, and its
    /// sources are tried before those of the anchors.
    pub previous: Vec<Published>,
    /// The newest accepted Expire-date of each instance, which must outlive a restart.
    pub newest: BTreeMap<Instance, UnixTime>,
    /// The generation interval of central servers, 60 seconds by default (§8.3).
    pub generation_interval: Duration,
    /// What the operator decided about older configurations.
    pub rollback: RollbackPolicy,
    /// The location that last worked for an instance ([`Fetched::location`]): it is tried first.
    pub prefer: BTreeMap<Instance, String>,
    /// Any number; another one gives another order of locations.
    pub seed: u64,
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Fetch something.
    Need(Box<Need>),
    /// Nothing: this round is over.
    Done(Box<Outcome>),
}

/// One thing to fetch with GET.
#[derive(Debug)]
pub struct Need {
    round: Round,
    job: Job,
    location: Location,
    url: String,
    limit: usize,
    state: State,
}

/// What came of a fetch.
#[derive(Clone, Debug)]
pub enum Response {
    /// Status 200 and a complete body of at most [`Need::limit`] octets.
    Body(Bytes),
    /// Any other status.
    Status(u16),
    /// No complete answer, and why, in words.
    Failed(String),
}

#[derive(Debug)]
enum State {
    /// The directory in one format; if there is none, the next format is tried.
    Directory { older: VecDeque<FormatVersion> },
    /// One part of a directory that was verified.
    Part { at: Box<Progress>, entry: Box<PartEntry> },
}

/// A verified directory some of whose parts are there.
#[derive(Debug)]
struct Progress {
    directory: VerifiedDirectory,
    url: String,
    succession: Succession,
    parts: Vec<LoadedPart>,
    missing: VecDeque<PartEntry>,
}

/// What is the same for all instances of a round, and what is done.
#[derive(Debug)]
struct Round {
    plan: Plan,
    own: Option<Fetched>,
    federated: BTreeMap<Instance, Result<Fetched, Refused>>,
    jobs: VecDeque<Job>,
}

/// One instance to fetch.
#[derive(Debug)]
struct Job {
    instance: Instance,
    locations: VecDeque<Location>,
    attempts: Vec<Attempt>,
}

/// Starts a round.
#[must_use]
pub fn start(plan: Plan) -> Step {
    let anchors = [plan.anchor.clone()];
    let job = Job::new(&plan, plan.anchor.instance.clone(), &anchors);
    Round { plan, own: None, federated: BTreeMap::new(), jobs: VecDeque::new() }.next_location(job)
}

impl Need {
    /// The URL, `http` or `https`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many octets of the body to read at most; more is a failure.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The instance that it is fetched for.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.job.instance
    }

    /// Takes the response at `at` and tells what to do next.
    #[must_use]
    pub fn answer(self, response: Response, at: UnixTime) -> Step {
        let Self { round, job, location, url, limit, state } = self;
        let body = match response {
            Response::Body(bytes) if bytes.len() <= limit => Ok(bytes),
            Response::Body(bytes) => Err(AttemptError::TooLarge(bytes.len())),
            Response::Status(status) => Err(AttemptError::Status(status)),
            Response::Failed(why) => Err(AttemptError::Unreachable(why)),
        };
        match (state, body) {
            // wire.md §8.2: anything but 404 settles the format.
            (State::Directory { older }, Err(AttemptError::Status(404))) if !older.is_empty() => {
                round.next_format(job, location, older)
            }
            (State::Directory { .. }, Ok(bytes)) => match round.judge(&job, &location, url.clone(), bytes, at) {
                Ok(progress) => round.next_part(job, location, Box::new(progress)),
                Err(cause) => round.failed(job, url, AttemptError::Conf(cause)),
            },
            (State::Part { at: mut progress, entry }, Ok(bytes)) => match progress.directory.accept(&entry, bytes) {
                Ok(part) => {
                    progress.parts.push(part);
                    round.next_part(job, location, progress)
                }
                Err(cause) => round.failed(job, url, AttemptError::Conf(cause)),
            },
            (State::Directory { .. } | State::Part { .. }, Err(error)) => round.failed(job, url, error),
        }
    }
}

impl Job {
    /// Where to look for an instance: the sources of its stored shared parameters, then its anchors.
    fn new(plan: &Plan, instance: Instance, anchors: &[Anchor]) -> Self {
        let stored = plan.previous.iter().find(|p| *p.directory.instance() == instance);
        let stored = stored.and_then(|p| p.part(&PartKind::Shared)?.shared());
        let prefer = plan.prefer.get(&instance).map(String::as_str);
        let locations = locations::in_order(&instance, stored, anchors, prefer, plan.seed);
        Self { instance, locations: locations.into(), attempts: Vec::new() }
    }
}

impl Round {
    fn is_own(&self, instance: &Instance) -> bool {
        *instance == self.plan.anchor.instance
    }

    fn failed(self, mut job: Job, url: String, error: AttemptError) -> Step {
        job.attempts.push(Attempt { url, error });
        self.next_location(job)
    }

    fn next_location(self, mut job: Job) -> Step {
        match job.locations.pop_front() {
            None => self.finish(job.instance, Err(Refused { attempts: job.attempts })),
            Some(location) if !url::is_http(&location.url) => {
                let url = location.url;
                self.failed(job, url.clone(), AttemptError::Url(url))
            }
            Some(location) if url::has_version(&location.url) => self.next_format(job, location, VecDeque::new()),
            Some(location) => self.next_format(job, location, FormatVersion::NEWEST_FIRST.into()),
        }
    }

    /// Asks for the directory in the first of these formats, or as the URL says if there is none.
    fn next_format(self, job: Job, location: Location, mut formats: VecDeque<FormatVersion>) -> Step {
        let url = match formats.pop_front() {
            Some(format) => url::with_version(&location.url, format),
            None => location.url.clone(),
        };
        let state = State::Directory { older: formats };
        Step::Need(Box::new(Need { round: self, job, location, url, limit: limits::CONF_DIRECTORY, state }))
    }

    /// Judges a directory, and takes the parts that are there already.
    fn judge(
        &self,
        job: &Job,
        location: &Location,
        url: String,
        bytes: Bytes,
        at: UnixTime,
    ) -> Result<Progress, ConfError> {
        let directory = verify_directory(&job.instance, &location.certificates, bytes, at)?;
        let accepted = self.plan.newest.get(&job.instance).copied();
        let interval = self.plan.generation_interval;
        let succession = rollback::succeed(&job.instance, accepted, directory.expires(), interval, self.plan.rollback)?;
        let needed: &[PartKind] =
            if self.is_own(&job.instance) { &[PartKind::Shared, PartKind::Private] } else { &[PartKind::Shared] };
        if let Some(absent) = needed.iter().find(|k| directory.entries().iter().all(|e| e.kind != **k)) {
            return Err(ConfError::PartNotListed(absent.to_string()));
        }
        let mut progress = Progress { url, succession, parts: Vec::new(), missing: VecDeque::new(), directory };
        let entries = progress.directory.entries().iter();
        for entry in entries.filter(|e| self.is_own(&job.instance) || e.kind == PartKind::Shared) {
            let stored = self.plan.previous.iter().flat_map(|p| &p.parts).map(LoadedPart::bytes);
            match stored.into_iter().find(|bytes| VerifiedDirectory::fits(entry, bytes)) {
                Some(bytes) => progress.parts.push(progress.directory.accept(entry, bytes.clone())?),
                None => progress.missing.push_back(entry.clone()),
            }
        }
        Ok(progress)
    }

    fn next_part(self, job: Job, location: Location, mut progress: Box<Progress>) -> Step {
        let Some(entry) = progress.missing.pop_front() else {
            let fetched = progress.fetched(location.url);
            return self.finish(job.instance, Ok(fetched));
        };
        match url::resolve(&progress.url, &entry.location) {
            None => self.failed(job, progress.url, AttemptError::Url(entry.location)),
            Some(url) => {
                let state = State::Part { at: progress, entry: Box::new(entry) };
                Step::Need(Box::new(Need { round: self, job, location, url, limit: limits::CONF_PART, state }))
            }
        }
    }

    fn finish(mut self, instance: Instance, result: Result<Fetched, Refused>) -> Step {
        if self.is_own(&instance) {
            match result {
                Err(refused) => {
                    return Step::Done(Box::new(Outcome { own: Err(refused), federated: BTreeMap::new() }));
                }
                Ok(fetched) => {
                    self.jobs = self.federation(&fetched.published);
                    self.own = Some(fetched);
                }
            }
        } else {
            self.federated.insert(instance, result);
        }
        match (self.jobs.pop_front(), self.own.take()) {
            (Some(job), own) => Self { own, ..self }.next_location(job),
            (None, Some(own)) => Step::Done(Box::new(Outcome { own: Ok(own), federated: self.federated })),
            // The own instance comes first, so there is no round without it.
            (None, None) => {
                let own = Err(Refused { attempts: Vec::new() });
                Step::Done(Box::new(Outcome { own, federated: self.federated }))
            }
        }
    }

    /// The other instances that the own private parameters name and the operator allows.
    fn federation(&self, own: &Published) -> VecDeque<Job> {
        let private = own.part(&PartKind::Private).and_then(LoadedPart::private);
        let mut anchors: BTreeMap<Instance, Vec<Anchor>> = BTreeMap::new();
        for anchor in private.into_iter().flat_map(|p| &p.anchors) {
            if !self.is_own(&anchor.instance) && self.plan.allowed.allows(&anchor.instance) {
                anchors.entry(anchor.instance.clone()).or_default().push(anchor.clone());
            }
        }
        anchors.into_iter().map(|(instance, anchors)| Job::new(&self.plan, instance, &anchors)).collect()
    }
}

impl Progress {
    fn fetched(mut self, location: String) -> Fetched {
        let place = |p: &LoadedPart| self.directory.entries().iter().position(|e| e.kind == *p.kind());
        self.parts.sort_by_key(place);
        let published = Published { directory: self.directory, parts: self.parts };
        Fetched { published, location, url: self.url, succession: self.succession }
    }
}
