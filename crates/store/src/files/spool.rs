//! Where bodies wait until their seal is checked: small ones in memory, long ones in files without a name.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use simpul_core::limits;
use simpul_exchange::ports::{self, BodyError, BodyStream, SpoolWriter, Spooled};

use super::folder::{Folder, FolderError};

/// A spool in a folder of its own.
///
/// A body up to `limits::SPOOL_MEMORY` stays in memory. A longer one is written to a file of mode 0600 that has lost
/// its name before it gets its first octet, so it vanishes with its last reader however the process ends. All bodies
/// on disk share a bound; memory per body does not grow with its length.
pub struct Spool {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Folder,
    next: AtomicU64,
    on_disk: AtomicU64,
    limit: u64,
}

/// Octets that are written or read in one go.
const BLOCK: usize = 256 * 1024;
/// Octets of one chunk of a body that is read.
const CHUNK: usize = 64 * 1024;
const PREFIX: &str = "body-";

impl Spool {
    /// Opens a spool that takes up to `limits::SPOOL_DISK` octets, and removes what a crash may have left in it.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        Self::with_limit(path, limits::SPOOL_DISK)
    }

    /// Opens a spool that takes up to `limit` octets on disk.
    pub fn with_limit(path: &Path, limit: u64) -> Result<Self, FolderError> {
        let folder = Folder::open(path)?;
        folder.remove_files(PREFIX)?;
        let inner = Inner { folder, next: AtomicU64::new(0), on_disk: AtomicU64::new(0), limit };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Octets of all bodies that are on disk now.
    #[must_use]
    pub fn on_disk(&self) -> u64 {
        self.inner.on_disk.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl ports::Spool for Spool {
    async fn create(&self) -> io::Result<Box<dyn SpoolWriter>> {
        Ok(Box::new(Entry { spool: Arc::clone(&self.inner), buffer: BytesMut::new(), file: None }))
    }
}

/// A body that comes in.
struct Entry {
    spool: Arc<Inner>,
    /// What is not in the file yet.
    buffer: BytesMut,
    file: Option<OnDisk>,
}

/// A file without a name, and its share of the spool.
struct OnDisk {
    file: Arc<File>,
    share: Share,
}

/// Octets on disk, given back when dropped.
struct Share {
    spool: Arc<Inner>,
    octets: u64,
}

#[async_trait]
impl SpoolWriter for Entry {
    async fn write(&mut self, chunk: Bytes) -> io::Result<()> {
        self.buffer.extend_from_slice(&chunk);
        let keep = if self.file.is_some() { BLOCK } else { limits::SPOOL_MEMORY };
        if self.buffer.len() > keep { self.flush().await } else { Ok(()) }
    }

    async fn finish(mut self: Box<Self>) -> io::Result<Arc<dyn Spooled>> {
        if self.file.is_some() {
            self.flush().await?;
        }
        let Self { buffer, file, .. } = *self;
        Ok(match file {
            None => Arc::new(Held(buffer.freeze())),
            Some(on_disk) => Arc::new(Filed(Arc::new(on_disk))),
        })
    }
}

impl Entry {
    /// Moves what is in the buffer to the file.
    async fn flush(&mut self) -> io::Result<()> {
        let mut on_disk = match self.file.take() {
            Some(on_disk) => on_disk,
            None => {
                let spool = Arc::clone(&self.spool);
                let file = blocking(move || nameless(&spool)).await?;
                OnDisk { file: Arc::new(file), share: Share { spool: Arc::clone(&self.spool), octets: 0 } }
            }
        };
        let at = on_disk.share.octets;
        on_disk.share.grow(self.buffer.len())?;
        let (file, octets) = (Arc::clone(&on_disk.file), self.buffer.split());
        // The buffer comes back, so that one allocation serves the whole body.
        let mut octets = blocking(move || file.write_all_at(&octets, at).map(|()| octets)).await?;
        octets.clear();
        self.buffer = octets;
        self.file = Some(on_disk);
        Ok(())
    }
}

impl Share {
    fn grow(&mut self, octets: usize) -> io::Result<()> {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        let limit = self.spool.limit;
        let add = |used: u64| used.checked_add(octets).filter(|sum| *sum <= limit);
        match self.spool.on_disk.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(_) => {
                self.octets += octets;
                Ok(())
            }
            Err(_) => {
                let why = format!("the bodies that wait have more than {limit} octets together");
                Err(io::Error::new(io::ErrorKind::QuotaExceeded, why))
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.spool.on_disk.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

fn nameless(spool: &Inner) -> io::Result<File> {
    let name = format!("{PREFIX}{}", spool.next.fetch_add(1, Ordering::Relaxed));
    let path = spool.folder.path().join(name);
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A body in memory.
struct Held(Bytes);

impl Spooled for Held {
    fn len(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    fn read(&self) -> BodyStream {
        Box::pin(stream::iter(Some(self.0.clone()).filter(|b| !b.is_empty()).map(Ok)))
    }
}

/// A body on disk.
struct Filed(Arc<OnDisk>);

impl Spooled for Filed {
    fn len(&self) -> u64 {
        self.0.share.octets
    }

    fn read(&self) -> BodyStream {
        let reading = Reading { body: Arc::clone(&self.0), at: 0, block: Bytes::new() };
        Box::pin(stream::try_unfold(reading, Reading::next))
    }
}

/// One reading of a body on disk, from its start.
struct Reading {
    body: Arc<OnDisk>,
    /// Where the next block starts.
    at: u64,
    /// What was read and not given on yet.
    block: Bytes,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, BodyError> {
        if self.block.is_empty() {
            let left = self.body.share.octets.saturating_sub(self.at);
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK);
            if size == 0 {
                return Ok(None);
            }
            let (file, at) = (Arc::clone(&self.body.file), self.at);
            let mut block = vec![0; size];
            let block = blocking(move || file.read_exact_at(&mut block, at).map(|()| block)).await;
            self.block = Bytes::from(block.map_err(BodyError::Cut)?);
            self.at = self.at.saturating_add(u64::try_from(size).unwrap_or(u64::MAX));
        }
        let chunk = self.block.split_to(CHUNK.min(self.block.len()));
        Ok(Some((chunk, self)))
    }
}
