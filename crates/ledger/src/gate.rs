//! The bound of the queue in front of the writer: so many records, so many octets, first come first served.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Admits records while both bounds hold. A record that alone is over the octet bound passes when nothing else is
/// inside: it could not pass otherwise, and each record has its own limit.
#[derive(Clone)]
pub(crate) struct Gate {
    state: Arc<Mutex<State>>,
}

struct State {
    slots: usize,
    octets: usize,
    octets_inside: usize,
    /// In the order of arrival.
    line: BTreeMap<u64, Waiting>,
    next_ticket: u64,
}

enum Waiting {
    For { octets: usize, waker: Waker },
    Granted { octets: usize },
}

/// A place in the queue and room for its octets, given back when it is dropped.
pub(crate) struct Permit {
    gate: Gate,
    octets: usize,
    holds_slot: bool,
}

/// Waits for a [`Permit`].
pub(crate) struct Admission {
    gate: Gate,
    octets: usize,
    ticket: Option<u64>,
}

impl Gate {
    pub(crate) fn new(slots: usize, octets: usize) -> Self {
        let state = State { slots: slots.max(1), octets, octets_inside: 0, line: BTreeMap::new(), next_ticket: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn admit(&self, octets: usize) -> Admission {
        Admission { gate: self.clone(), octets, ticket: None }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fits(&self, octets: usize) -> bool {
        self.slots > 0 && (self.octets_inside == 0 || self.octets_inside.saturating_add(octets) <= self.octets)
    }

    fn take(&mut self, octets: usize) {
        self.slots = self.slots.saturating_sub(1);
        self.octets_inside = self.octets_inside.saturating_add(octets);
    }

    fn give_back(&mut self, slot: bool, octets: usize) {
        self.slots += usize::from(slot);
        self.octets_inside = self.octets_inside.saturating_sub(octets);
    }

    /// Grants what now fits, from the front of the line; nobody overtakes.
    fn advance(&mut self) {
        let waiting: Vec<u64> = self
            .line
            .iter()
            .filter(|(_, w)| matches!(w, Waiting::For { .. }))
            .map(|(t, _)| *t)
            .take(self.slots)
            .collect();
        for ticket in waiting {
            let Some(Waiting::For { octets, .. }) = self.line.get(&ticket) else { continue };
            let octets = *octets;
            if !self.fits(octets) {
                break;
            }
            self.take(octets);
            if let Some(Waiting::For { waker, .. }) = self.line.insert(ticket, Waiting::Granted { octets }) {
                waker.wake();
            }
        }
    }

    fn someone_waits(&self) -> bool {
        self.line.values().any(|w| matches!(w, Waiting::For { .. }))
    }
}

impl Permit {
    /// Gives the place in the queue back; the octets stay counted until the record is written.
    pub(crate) fn leave_queue(&mut self) {
        if std::mem::take(&mut self.holds_slot) {
            let mut state = self.gate.lock();
            state.give_back(true, 0);
            state.advance();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.give_back(self.holds_slot, self.octets);
        state.advance();
    }
}

impl Future for Admission {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit> {
        let this = &mut *self;
        let octets = this.octets;
        let mut state = this.gate.lock();
        let granted = match this.ticket {
            None if !state.someone_waits() && state.fits(octets) => {
                state.take(octets);
                true
            }
            None => {
                let ticket = state.next_ticket;
                state.next_ticket += 1;
                state.line.insert(ticket, Waiting::For { octets, waker: cx.waker().clone() });
                this.ticket = Some(ticket);
                false
            }
            Some(ticket) => match state.line.get_mut(&ticket) {
                Some(Waiting::For { waker, .. }) => {
                    waker.clone_from(cx.waker());
                    false
                }
                Some(Waiting::Granted { .. }) => {
                    state.line.remove(&ticket);
                    this.ticket = None;
                    true
                }
                None => false,
            },
        };
        drop(state);
        if granted { Poll::Ready(Permit { gate: this.gate.clone(), octets, holds_slot: true }) } else { Poll::Pending }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.gate.lock();
        if let Some(Waiting::Granted { octets }) = state.line.remove(&ticket) {
            state.give_back(true, octets);
        }
        state.advance();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll(admission: &mut Admission) -> Option<Permit> {
        match Pin::new(admission).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => Some(permit),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_record_over_the_bound_waits_for_a_place() {
        let gate = Gate::new(2, 100);
        let first = poll(&mut gate.admit(1)).unwrap();
        let _second = poll(&mut gate.admit(1)).unwrap();
        let mut third = gate.admit(1);
        assert!(poll(&mut third).is_none());
        drop(first);
        assert!(poll(&mut third).is_some());
    }

    #[test]
    fn octets_are_bounded_and_one_alone_always_passes() {
        let gate = Gate::new(10, 100);
        let full = poll(&mut gate.admit(100)).unwrap();
        let mut one = gate.admit(1);
        assert!(poll(&mut one).is_none(), "one octet over the bound");
        drop(full);
        let one = poll(&mut one).unwrap();
        let mut giant = gate.admit(101);
        assert!(poll(&mut giant).is_none());
        drop(one);
        assert!(poll(&mut giant).is_some());
    }

    #[test]
    fn leaving_the_queue_frees_the_place_but_not_the_octets() {
        let gate = Gate::new(1, 100);
        let mut first = poll(&mut gate.admit(60)).unwrap();
        let mut second = gate.admit(60);
        assert!(poll(&mut second).is_none());
        first.leave_queue();
        assert!(poll(&mut second).is_none(), "the octets are still being written");
        let mut small = gate.admit(1);
        assert!(poll(&mut small).is_none(), "nobody overtakes");
        drop(first);
        let mut second = poll(&mut second).unwrap();
        assert!(poll(&mut small).is_none(), "the one place is taken");
        second.leave_queue();
        second.leave_queue();
        let _small = poll(&mut small).unwrap();
        assert!(poll(&mut gate.admit(1)).is_none(), "a place is given back once");
    }

    #[test]
    fn whoever_gives_up_lets_the_next_one_in() {
        let gate = Gate::new(1, 100);
        let inside = poll(&mut gate.admit(1)).unwrap();
        let mut gives_up_waiting = gate.admit(1);
        let mut gives_up_granted = gate.admit(1);
        let mut stays = gate.admit(1);
        for admission in [&mut gives_up_waiting, &mut gives_up_granted, &mut stays] {
            assert!(poll(admission).is_none());
        }
        drop(gives_up_waiting);
        drop(inside);
        assert!(poll(&mut stays).is_none(), "the place is promised to the one before");
        drop(gives_up_granted);
        assert!(poll(&mut stays).is_some());
        assert!(gate.lock().line.is_empty());
        assert_eq!(gate.lock().slots, 1);
    }

    #[test]
    fn the_front_of_the_line_is_woken_once() {
        let gate = Gate::new(1, 100);
        let inside = poll(&mut gate.admit(1)).unwrap();
        let counts: Vec<_> = (0..3).map(|_| Arc::new(Count(AtomicUsize::new(0)))).collect();
        let mut line: Vec<_> = counts.iter().map(|_| gate.admit(1)).collect();
        for (admission, count) in line.iter_mut().zip(&counts) {
            let waker = Waker::from(Arc::clone(count));
            assert!(Pin::new(admission).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        drop(inside);
        let woken: Vec<_> = counts.iter().map(|c| c.0.load(Ordering::Relaxed)).collect();
        assert_eq!(woken, [1, 0, 0]);
    }
}
