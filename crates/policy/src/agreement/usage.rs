//! Volumes: how many calls a clause has already carried in its windows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use simpul_core::{UnixTime, limits};

use super::ident::{AgreementId, ClauseId};
use super::terms::Volume;

/// What is counted: the calls of one clause over all versions of its agreement, so that an amendment resets nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Meter {
    /// The agreement.
    pub agreement: AgreementId,
    /// The clause.
    pub clause: ClauseId,
}

/// No call is left in a window, or it cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the agreed volume is used up")]
pub struct Spent;

/// Volumes already used.
pub trait Usage {
    /// Takes one call from every volume of the clause, or from none of them. Atomic: however many threads ask at once,
    /// no window carries more calls than agreed. What cannot be counted is [`Spent`].
    fn reserve(&self, meter: &Meter, volumes: &[Volume], now: UnixTime) -> Result<(), Spent>;
}

/// Counts nothing and refuses nothing: for a consumer that asks early whether its call could pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uncounted;

impl Usage for Uncounted {
    fn reserve(&self, _: &Meter, _: &[Volume], _: UnixTime) -> Result<(), Spent> {
        Ok(())
    }
}

/// Counts in memory, bounded by [`limits::AGREEMENT_METERS`]. What was counted before a restart is credited from records
/// ([`Counters::credit`]).
#[derive(Debug)]
pub struct Counters {
    windows: Mutex<HashMap<(Meter, u32), Window>>,
    most: usize,
}

/// The newest window that was counted.
#[derive(Clone, Copy, Debug)]
struct Window {
    number: i64,
    used: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self::bounded(limits::AGREEMENT_METERS)
    }
}

impl Counters {
    /// Counts at most `most` windows at a time; when all of them are open, another one is [`Spent`].
    #[must_use]
    pub fn bounded(most: usize) -> Self {
        Self { windows: Mutex::default(), most }
    }
}

impl Counters {
    /// Counts a call that was carried before, in each window that it was in, without asking whether one was left. Calls
    /// come in the order of their time. Fails when no window more can be counted.
    pub fn credit(&self, meter: &Meter, volumes: &[Volume], at: UnixTime) -> Result<(), Spent> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for volume in volumes {
            let number = at.secs().div_euclid(i64::from(volume.seconds.max(1)));
            let key = (meter.clone(), volume.seconds);
            if windows.len() >= self.most && !windows.contains_key(&key) {
                return Err(Spent);
            }
            let window = windows.entry(key).or_insert(Window { number, used: 0 });
            if window.number < number {
                *window = Window { number, used: 0 };
            }
            if window.number == number {
                window.used = window.used.saturating_add(1);
            }
        }
        Ok(())
    }
}

impl Usage for Counters {
    fn reserve(&self, meter: &Meter, volumes: &[Volume], now: UnixTime) -> Result<(), Spent> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let current = |seconds: u32| now.secs().div_euclid(i64::from(seconds.max(1)));
        let mut next = Vec::with_capacity(volumes.len());
        for volume in volumes {
            let key = (meter.clone(), volume.seconds);
            let number = current(volume.seconds);
            let window = match windows.get(&key) {
                // A clock that goes back opens no window again.
                Some(window) if window.number >= number => *window,
                _ => Window { number, used: 0 },
            };
            if window.used >= volume.count {
                return Err(Spent);
            }
            next.push((key, Window { number: window.number, used: window.used + 1 }));
        }
        let fresh = next.iter().filter(|(key, _)| !windows.contains_key(key)).count();
        if windows.len() + fresh > self.most {
            windows.retain(|(_, seconds), window| window.number >= current(*seconds));
        }
        if windows.len() + fresh > self.most {
            return Err(Spent);
        }
        windows.extend(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(clause: &str) -> Meter {
        Meter { agreement: "a".parse().unwrap(), clause: clause.parse().unwrap() }
    }

    fn at(seconds: i64) -> UnixTime {
        UnixTime::from_secs(seconds)
    }

    #[test]
    fn each_window_starts_anew_and_a_clock_that_goes_back_does_not() {
        let counters = Counters::default();
        let two = [Volume { count: 2, seconds: 60 }];
        let ask = |now| counters.reserve(&meter("1"), &two, at(now)).is_ok();
        assert_eq!([ask(0), ask(59), ask(59), ask(60), ask(61), ask(62)], [true, true, false, true, true, false]);
        assert!(!ask(0), "the window of 60 is still the newest one");
        assert!(ask(120));
    }

    #[test]
    fn all_volumes_or_none() {
        let counters = Counters::default();
        let both = [Volume { count: 10, seconds: 3600 }, Volume { count: 1, seconds: 60 }];
        assert!(counters.reserve(&meter("1"), &both, at(0)).is_ok());
        for _ in 0..20 {
            assert_eq!(counters.reserve(&meter("1"), &both, at(1)), Err(Spent));
        }
        for minute in 1..10 {
            assert!(counters.reserve(&meter("1"), &both, at(minute * 60)).is_ok(), "refused calls took nothing");
        }
        assert_eq!(counters.reserve(&meter("1"), &both, at(600)), Err(Spent));
    }

    #[test]
    fn what_was_carried_before_is_credited() {
        let counters = Counters::bounded(2);
        let both = [Volume { count: 3, seconds: 3600 }, Volume { count: 2, seconds: 60 }];
        for second in [10, 70, 130] {
            counters.credit(&meter("1"), &both, at(second)).unwrap();
        }
        assert_eq!(counters.reserve(&meter("1"), &both, at(131)), Err(Spent), "the hour is used up");
        assert!(counters.reserve(&meter("1"), &both[1..], at(131)).is_ok(), "one of the minute is left");
        assert_eq!(counters.reserve(&meter("1"), &both[1..], at(131)), Err(Spent));
        assert!(counters.reserve(&meter("1"), &both, at(3600)).is_ok());
        assert_eq!(counters.credit(&meter("2"), &both, at(3600)), Err(Spent), "bound + 1");
    }

    #[test]
    fn windows_are_bounded() {
        let counters = Counters::bounded(2);
        let one = [Volume { count: 1, seconds: 60 }];
        assert!(counters.reserve(&meter("1"), &one, at(0)).is_ok());
        assert!(counters.reserve(&meter("2"), &one, at(0)).is_ok());
        assert_eq!(counters.reserve(&meter("3"), &one, at(0)), Err(Spent), "fails closed at bound + 1");
        assert!(counters.reserve(&meter("3"), &one, at(60)).is_ok(), "windows that are over make room");
    }

    #[test]
    fn sixty_four_threads_do_not_race_past_it() {
        let counters = Counters::default();
        let volumes = [Volume { count: 1000, seconds: 60 }];
        let granted = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        if counters.reserve(&meter("1"), &volumes, at(7)).is_ok() {
                            granted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(granted.into_inner(), 1000);
    }
}
