//! `simpul agreement send`: wakes the delivery of the running server, and waits for what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use simpul_exchange::ports::Clock;

use super::Told;
use super::args::SendArgs;
use super::desk::Desk;
use super::problem::Problem;
use super::travel::{Marks, undelivered};

/// How often the marks are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Wakes and waits.
#[allow(clippy::print_stderr, reason = "progress is for who waits")]
pub(super) async fn send(args: &SendArgs, clock: Arc<dyn Clock>) -> Result<Told, Problem> {
    let desk = Desk::open(&args.server.config, clock)?;
    let before = desk.known(&args.id)?;
    let tried_before: BTreeMap<_, _> = undelivered(&desk, &before, &Marks::read(&desk, &args.id)?)
        .into_iter()
        .map(|pair| ((pair.from, pair.to), pair.mark.tried))
        .collect();
    desk.folder.write().and_then(|writer| writer.wake(args.id.as_str())).map_err(Problem::from)?;
    let mut told = BTreeMap::new();
    let begun = tokio::time::Instant::now();
    loop {
        let pairs = undelivered(&desk, &desk.known(&args.id)?, &Marks::read(&desk, &args.id)?);
        let tried = |from, to, now: &Option<String>| tried_before.get(&(from, to)).is_none_or(|old| old != now);
        let (mut open, mut left, mut lines) = (0, 0, Vec::new());
        for pair in &pairs {
            let to = pair.to.short();
            let answered = tried(pair.from.clone(), pair.to.clone(), &pair.mark.tried);
            let line = match (&pair.mark.error, pair.acts) {
                _ if !pair.addressed => format!("{to}: [[server.agreement-partner]] does not name its service"),
                (_, _) if !answered => format!("{to}: {} acts wait", pair.acts),
                (Some(error), acts) => format!("{to}: {acts} acts not delivered: {error}"),
                (None, 0) => format!("{to}: has every act"),
                (None, acts) => format!("{to}: {acts} acts wait"),
            };
            if told.insert(to, line.clone()).as_ref() != Some(&line) && !args.server.json {
                eprintln!("{line}");
            }
            open += usize::from(pair.addressed && (!answered || (pair.acts > 0 && pair.mark.error.is_none())));
            left += usize::from(!pair.addressed || pair.acts > 0 || (answered && pair.mark.error.is_some()));
            lines.push(line);
        }
        if open == 0 {
            let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            return Ok(Told { text, json: json!({ "id": args.id.as_str(), "parties": lines }), good: left == 0 });
        }
        if begun.elapsed() > Duration::from_secs(args.wait) {
            return Err(Problem::Unsent(args.wait));
        }
        tokio::time::sleep(LOOK).await;
    }
}
