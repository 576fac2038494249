//! A spool in memory, which counts its entries and fails where a test says.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use simpul_exchange::ports::{BodyStream, Spool, SpoolWriter, Spooled};

/// Which call of the spool fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpoolStep {
    Create,
    Write,
    Finish,
}

/// Entries in memory.
#[derive(Clone, Default)]
pub(crate) struct MemorySpool {
    entries: Arc<AtomicUsize>,
    broken: Arc<Mutex<Option<SpoolStep>>>,
}

impl MemorySpool {
    /// Entries that somebody still holds.
    pub(crate) fn entries(&self) -> usize {
        self.entries.load(Ordering::SeqCst)
    }

    /// From now on this call fails.
    pub(crate) fn breaks_at(&self, step: SpoolStep) {
        *self.broken.lock().unwrap() = Some(step);
    }

    fn check(&self, step: SpoolStep) -> io::Result<()> {
        match *self.broken.lock().unwrap() {
            Some(broken) if broken == step => Err(io::Error::new(io::ErrorKind::StorageFull, "no space left")),
            _ => Ok(()),
        }
    }
}

struct Entry {
    chunks: Vec<Bytes>,
    spool: MemorySpool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.spool.entries.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Spool for MemorySpool {
    async fn create(&self) -> io::Result<Box<dyn SpoolWriter>> {
        self.check(SpoolStep::Create)?;
        self.entries.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Entry { chunks: Vec::new(), spool: self.clone() }))
    }
}

#[async_trait]
impl SpoolWriter for Entry {
    async fn write(&mut self, chunk: Bytes) -> io::Result<()> {
        self.spool.check(SpoolStep::Write)?;
        self.chunks.push(chunk);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> io::Result<Arc<dyn Spooled>> {
        self.spool.check(SpoolStep::Finish)?;
        Ok(Arc::from(self as Box<dyn Spooled>))
    }
}

impl Spooled for Entry {
    fn len(&self) -> u64 {
        self.chunks.iter().map(|c| c.len() as u64).sum()
    }

    fn read(&self) -> BodyStream {
        Box::pin(stream::iter(self.chunks.clone().into_iter().map(Ok)))
    }
}
