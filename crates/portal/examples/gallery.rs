//! Serves the gallery on a loopback port that the system chooses, and prints where. For eyes and for the browser checks;
//! it ends when its standard input does.
#![allow(clippy::print_stdout, reason = "it says where it is")]

use std::error::Error;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use simpul_core::UnixTime;
use simpul_exchange::ports::{Clock, Randomness};
use simpul_portal::brand::Brand;
use simpul_portal::session::{MemoryPosts, MemorySessions, Origin, Times};
use simpul_portal::shell::Mounted;
use simpul_portal::{Ports, Site, gallery};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// A clock that stands where the samples are.
struct Sample;

impl Clock for Sample {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(1_794_963_600)
    }
}

impl Randomness for Sample {
    fn fill(&self, bytes: &mut [u8]) {
        // The example is no place for secrets, and without randomness it shows pages that cannot be sent.
        let _ = openssl::rand::rand_bytes(bytes);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let ports = Ports {
        clock: Arc::new(Sample),
        random: Arc::new(Sample),
        sessions: Arc::new(MemorySessions::default()),
        posts: Arc::new(MemoryPosts::default()),
        mounted: Mounted::All,
    };
    let site = Site::new(Brand::example()?, Origin::Loopback, Times::default(), ports)?;
    let service = TowerToHyperService::new(simpul_portal::serve(&site, gallery::gallery()));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("gallery http://{}/id/gallery", listener.local_addr()?);
    println!("paths {}", gallery::PATHS.join(" "));
    let serving = async {
        loop {
            let (stream, _) = listener.accept().await?;
            let service = service.clone();
            tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await });
        }
    };
    let mut input = [0; 1];
    let ended = async { while !matches!(tokio::io::stdin().read(&mut input).await, Ok(0) | Err(_)) {} };
    tokio::select! {
        failed = serving => failed,
        () = ended => Ok::<(), Box<dyn Error>>(()),
    }
}
