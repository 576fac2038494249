//! A TCP relay that keeps every octet that passes, can be cut, and can change what passes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A relay between two addresses.
pub(crate) struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    seen: Mutex<Vec<u8>>,
    cut: AtomicBool,
    /// When so many octets have passed in all, it is cut.
    cut_at: AtomicUsize,
    /// The next octets that pass are changed.
    tamper: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// Listens on `from` and passes everything on to `to` and back.
    pub(crate) fn start(from: SocketAddr, to: SocketAddr) -> Self {
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            cut: AtomicBool::new(false),
            cut_at: AtomicUsize::new(usize::MAX),
            tamper: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let listener = TcpListener::bind(from).unwrap();
        let state = Arc::clone(&shared);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if state.cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(to) else { continue };
                state.open.lock().unwrap().extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                pump(near.try_clone().unwrap(), far.try_clone().unwrap(), Arc::clone(&state));
                pump(far, near, Arc::clone(&state));
            }
        });
        Self { shared }
    }

    /// Everything that has passed, both ways.
    pub(crate) fn seen(&self) -> Vec<u8> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Breaks every connection and takes no more.
    pub(crate) fn cut(&self) {
        self.shared.cut();
    }

    /// Does so when so many more octets have passed: in the middle of what is under way then.
    pub(crate) fn cut_after(&self, octets: usize) {
        let seen = self.shared.seen.lock().unwrap().len();
        self.shared.cut_at.store(seen + octets, Ordering::SeqCst);
    }

    /// Whether it is cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.shared.cut.load(Ordering::SeqCst)
    }

    /// Changes one bit of the next octets that pass, whichever way.
    pub(crate) fn tamper(&self) {
        self.shared.tamper.store(true, Ordering::SeqCst);
    }

    /// Takes connections again.
    pub(crate) fn mend(&self) {
        self.shared.cut_at.store(usize::MAX, Ordering::SeqCst);
        self.shared.cut.store(false, Ordering::SeqCst);
    }
}

impl Shared {
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Keeps what passes; whether it may pass.
    fn keep(&self, octets: &[u8]) -> bool {
        let mut seen = self.seen.lock().unwrap();
        seen.extend_from_slice(octets);
        seen.len() < self.cut_at.load(Ordering::SeqCst)
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, shared: Arc<Shared>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            if !shared.keep(&buffer[..n]) {
                shared.cut();
                break;
            }
            if shared.tamper.swap(false, Ordering::SeqCst) {
                buffer[n - 1] ^= 1;
            }
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
