//! The spool: small bodies in memory, long ones on disk, memory that does not grow.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use simpul_core::limits;
use simpul_exchange::ports::{BodyError, Spool as _, Spooled};
use simpul_store::files::{FolderError, Spool};
use tempfile::TempDir;

fn folder(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("spool")
}

fn bytes(len: usize) -> Bytes {
    (0..len).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect::<Vec<_>>().into()
}

async fn put(spool: &Spool, body: &Bytes, chunk: usize) -> Arc<dyn Spooled> {
    let mut writer = spool.create().await.unwrap();
    let mut rest = body.clone();
    while !rest.is_empty() {
        writer.write(rest.split_to(chunk.min(rest.len()))).await.unwrap();
    }
    writer.finish().await.unwrap()
}

async fn get(spooled: &dyn Spooled) -> (Vec<usize>, Vec<u8>) {
    let (mut sizes, mut all) = (Vec::new(), Vec::new());
    let mut stream = spooled.read();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap();
        sizes.push(chunk.len());
        all.extend_from_slice(&chunk);
    }
    (sizes, all)
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn bodies_of_all_lengths_come_back_and_can_be_read_twice() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::open(&folder(&dir)).unwrap();
    let memory = limits::SPOOL_MEMORY;
    for len in [0, 1, memory - 1, memory, memory + 1, 262_144, 262_145, 1_000_000] {
        for chunk in [1000, memory, 300_000] {
            let body = bytes(len);
            let spooled = put(&spool, &body, chunk).await;
            assert_eq!((spooled.len(), spooled.is_empty()), (len.try_into().unwrap(), len == 0));
            for _ in 0..2 {
                let (sizes, all) = get(&*spooled).await;
                assert!(all == body, "{len} in chunks of {chunk}");
                assert!(sizes.iter().all(|s| (1..=65_536).contains(s)), "{sizes:?}");
            }
        }
    }
    assert_eq!(spool.on_disk(), 0);
}

#[tokio::test]
async fn a_body_goes_to_disk_with_the_first_octet_over_the_bound() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::open(&folder(&dir)).unwrap();
    let small = put(&spool, &bytes(limits::SPOOL_MEMORY), 1000).await;
    assert_eq!(spool.on_disk(), 0);
    let long = put(&spool, &bytes(limits::SPOOL_MEMORY + 1), 1000).await;
    assert_eq!(spool.on_disk(), long.len());
    let mut unfinished = spool.create().await.unwrap();
    unfinished.write(bytes(100_000)).await.unwrap();
    assert_eq!(spool.on_disk(), long.len() + 100_000);
    assert_eq!(names(&folder(&dir)), ["lock"], "a body has no name");
    let reading = long.read();
    drop((small, long, unfinished));
    assert_eq!(spool.on_disk(), u64::try_from(limits::SPOOL_MEMORY).unwrap() + 1, "a reader keeps its body");
    drop(reading);
    assert_eq!(spool.on_disk(), 0);
}

#[tokio::test]
async fn all_bodies_on_disk_share_one_bound() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::with_limit(&folder(&dir), 200_000).unwrap();
    let first = put(&spool, &bytes(100_000), 100_000).await;
    let second = put(&spool, &bytes(100_000), 100_000).await;
    let mut third = spool.create().await.unwrap();
    let error = third.write(bytes(100_000)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::QuotaExceeded, "{error}");
    drop((third, first));
    put(&spool, &bytes(100_000), 100_000).await;
    assert_eq!(get(&*second).await.1, bytes(100_000));
    let mut over = spool.create().await.unwrap();
    over.write(bytes(100_000)).await.unwrap();
    over.write(bytes(1)).await.unwrap();
    assert!(over.finish().await.is_err(), "one octet over, found at the end");
    assert_eq!(spool.on_disk(), 100_000);
}

#[tokio::test]
async fn what_a_crash_left_is_removed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    drop(Spool::open(&folder(&dir)).unwrap());
    for name in ["body-0", "body-17", "ledger.db"] {
        std::fs::write(folder(&dir).join(name), "left").unwrap();
    }
    std::fs::create_dir(folder(&dir).join("body-folder")).unwrap();
    let spool = Spool::open(&folder(&dir)).unwrap();
    assert_eq!(names(&folder(&dir)), ["body-folder", "ledger.db", "lock"]);
    let body = put(&spool, &bytes(100_000), 100_000).await;
    assert_eq!(get(&*body).await.1.len(), 100_000);
}

#[tokio::test]
async fn a_spool_belongs_to_one_process_and_one_user() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::open(&folder(&dir)).unwrap();
    let mode = std::fs::metadata(folder(&dir)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(matches!(Spool::open(&folder(&dir)).err().unwrap(), FolderError::InUse { .. }));
    drop(spool);
    std::fs::set_permissions(folder(&dir), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(Spool::open(&folder(&dir)).err().unwrap(), FolderError::NotPrivate { .. }));
}

/// The file cannot lose octets while it has no name; a disk can.
#[tokio::test]
async fn a_body_that_became_shorter_ends_in_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::open(&folder(&dir)).unwrap();
    let body = put(&spool, &bytes(400_000), 100_000).await;
    let cut = |path: std::path::PathBuf| {
        let target = std::fs::read_link(&path).ok()?;
        target.starts_with(folder(&dir)).then_some(path)
    };
    let file = names(Path::new("/proc/self/fd")).into_iter().find_map(|fd| {
        let path = cut(Path::new("/proc/self/fd").join(fd))?;
        path.metadata().ok().filter(|m| m.len() == 400_000).map(|_| path)
    });
    std::fs::OpenOptions::new().write(true).open(file.unwrap()).unwrap().set_len(300_000).unwrap();
    let chunks: Vec<_> = body.read().collect().await;
    assert!(matches!(chunks.last(), Some(Err(BodyError::Cut(_)))));
    let whole: usize = chunks.iter().flatten().map(Bytes::len).sum();
    assert_eq!(whole, 262_144, "what was read before it is given on");
}

const CHILD: &str = "SIMPUL_SPOOL_FOLDER";

/// In a process of its own, because other tests need memory too.
#[test]
fn memory_does_not_grow_with_the_body() {
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "spool::child_spools_a_gibibyte", "--nocapture"])
        .env(CHILD, folder(&dir))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}{}", String::from_utf8_lossy(&child.stderr));
    assert!(said.contains("KiB"), "the child did nothing: {said}");
}

#[tokio::test]
async fn child_spools_a_gibibyte() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let spool = Spool::open(Path::new(&folder)).unwrap();
    let chunk = bytes(65_536);
    let length = 1_u64 << 30;
    let before = peak_kib();
    let mut writer = spool.create().await.unwrap();
    for _ in 0..length / 65_536 {
        writer.write(chunk.clone()).await.unwrap();
    }
    let spooled = writer.finish().await.unwrap();
    assert_eq!((spooled.len(), spool.on_disk()), (length, length));
    let (mut stream, mut read) = (spooled.read(), 0);
    while let Some(piece) = stream.next().await {
        let piece = piece.unwrap();
        assert!(piece == chunk);
        read += u64::try_from(piece.len()).unwrap();
    }
    assert_eq!(read, length);
    let grown = peak_kib() - before;
    println!("a body of a GiB let the peak grow by {grown} KiB");
    assert!(grown < 4 * 1024, "the peak grew by {grown} KiB");
}

/// Peak resident memory of this process.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
