//! The crypto floor: what the processors could do if an exchange were nothing but its asymmetric cryptography.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::{Signer, Verifier};

use super::Key;

/// Octets that are signed: the size of a canonical SignedInfo.
const SIGNED: [u8; 1200] = [b's'; 1200];

/// A key of the kind that is measured.
pub(super) struct Floor {
    key: PKey<Private>,
}

impl Floor {
    pub(super) fn new(key: Key) -> Result<Self, ErrorStack> {
        let key = match key {
            Key::Rsa2048 => PKey::from_rsa(Rsa::generate(2048)?)?,
            Key::P256 => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
                PKey::from_ec_key(EcKey::generate(&group)?)?
            }
        };
        Ok(Self { key })
    }

    /// Exchanges per second that 2 signatures and 2 verifications each would allow, on all processors together.
    pub(super) fn run(&self, time: Duration) -> Result<f64, ErrorStack> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let stop = AtomicBool::new(false);
        let start = Instant::now();
        let counts = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..processors).map(|_| scope.spawn(|| self.work(&stop))).collect();
            std::thread::sleep(time);
            stop.store(true, Ordering::Relaxed);
            workers.into_iter().map(|w| w.join().unwrap_or(Ok(0))).collect::<Result<Vec<u64>, _>>()
        })?;
        Ok(counts.into_iter().sum::<u64>() as f64 / start.elapsed().as_secs_f64())
    }

    fn work(&self, stop: &AtomicBool) -> Result<u64, ErrorStack> {
        let mut exchanges = 0;
        while !stop.load(Ordering::Relaxed) {
            for _ in 0..2 {
                let mut signer = Signer::new(MessageDigest::sha512(), &self.key)?;
                let signature = signer.sign_oneshot_to_vec(&SIGNED)?;
                let mut verifier = Verifier::new(MessageDigest::sha512(), &self.key)?;
                assert!(verifier.verify_oneshot(&signature, &SIGNED)?, "a signature verifies");
            }
            exchanges += 1;
        }
        Ok(exchanges)
    }
}
