//! A file of prices on its way: read while it comes, with its digest, never whole in memory and never on a disk.

use std::io::{Error, Read};
use std::sync::mpsc::{Receiver, sync_channel};

use infra_aws::price_files::{PriceFile, Unfetched};
use infra_operate::cost::{Product, Selector, read_products};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::session::Session;

/// What was taken out of a file.
pub(super) struct Downloaded {
    /// The products that one of the selectors means.
    pub products: Vec<Product>,
    /// The digest of the whole file, in hexadecimal digits.
    pub sha256: String,
}

/// How many pieces wait for their reader at most.
const WAITING: usize = 16;

/// Reads the file at an address, and keeps what the selectors mean.
pub(super) async fn download(url: &str, selectors: Vec<Selector>) -> Result<Downloaded, Unfetched> {
    let mut file = PriceFile::open(url).await?;
    let (give, take) = sync_channel::<Result<Vec<u8>, String>>(WAITING);
    let reader = tokio::task::spawn_blocking(move || read_products(Pieces::new(take), &selectors));
    let mut digest = Sha256::new();
    let broken = loop {
        match file.next().await {
            Ok(Some(piece)) => {
                digest.update(&piece);
                let (give, piece) = (give.clone(), piece.to_vec());
                // A reader that has given up says why below.
                let sent = tokio::task::spawn_blocking(move || give.send(Ok(piece))).await;
                if !matches!(sent, Ok(Ok(()))) {
                    break None;
                }
            }
            Ok(None) => break None,
            Err(why) => {
                let _ = give.send(Err(why.to_string()));
                break Some(why);
            }
        }
    };
    drop(give);
    let read = reader.await;
    if let Some(why) = broken {
        return Err(why);
    }
    let failed = |why: String| Unfetched { url: url.to_owned(), why, unreachable: false };
    let products = read.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Downloaded { products, sha256 })
}

/// Reads a small document whole.
pub(super) async fn small<T: DeserializeOwned>(session: &Session<'_>, url: &str) -> Result<T, Unfetched> {
    session.console.say(&format!("Reading {url}"));
    let mut file = PriceFile::open(url).await?;
    let mut text = Vec::new();
    while let Some(piece) = file.next().await? {
        text.extend_from_slice(&piece);
    }
    serde_json::from_slice(&text).map_err(|error| Unfetched {
        url: url.to_owned(),
        why: format!("it reads otherwise than such a list does: {error}"),
        unreachable: false,
    })
}

/// Pieces in their order, as one text to read.
struct Pieces {
    take: Receiver<Result<Vec<u8>, String>>,
    piece: Vec<u8>,
    read: usize,
}

impl Pieces {
    fn new(take: Receiver<Result<Vec<u8>, String>>) -> Pieces {
        Pieces { take, piece: Vec::new(), read: 0 }
    }
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.read == self.piece.len() {
            match self.take.recv() {
                Ok(Ok(piece)) => (self.piece, self.read) = (piece, 0),
                Ok(Err(why)) => return Err(Error::other(why)),
                Err(_) => return Ok(0),
            }
        }
        let count = into.len().min(self.piece.len() - self.read);
        into[..count].copy_from_slice(&self.piece[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with this, in pieces.
    fn server(body: &'static str, length: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/offers/v1.0/aws/AmazonECS/index.json", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = Read::read(&mut stream, &mut request).unwrap();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").unwrap();
            for piece in body.as_bytes().chunks(7) {
                stream.write_all(piece).unwrap();
                stream.flush().unwrap();
            }
        });
        url
    }

    const FILE: &str = r#"{"products":{"A":{"productFamily":"Compute","attributes":{"usagetype":"USE1-Fargate-GB-Hours"}},
        "B":{"attributes":{"usagetype":"USE1-Fargate-vCPU-Hours:perCPU"}}},
        "terms":{"OnDemand":{"A":{"A.T":{"priceDimensions":{"A.T.D":{"beginRange":"0","pricePerUnit":{"USD":"0.0044450000"}}}}}}}}"#;

    fn selector() -> Vec<Selector> {
        vec![Selector { usagetype: vec!["USE1-Fargate-GB-Hours".into()], ..Selector::default() }]
    }

    #[tokio::test]
    async fn a_file_is_read_as_it_comes_and_its_digest_with_it() {
        let Downloaded { products, sha256 } = download(&server(FILE, FILE.len()), selector()).await.unwrap();
        let (product, usd) = selector()[0].pick(&products).unwrap();
        assert_eq!((product.sku.as_str(), usd.exact().as_str(), products.len()), ("A", "0.004445", 1));
        let whole: String = Sha256::digest(FILE).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sha256, whole);
    }

    #[tokio::test]
    async fn a_file_that_breaks_off_is_no_file() {
        let why = download(&server(FILE, FILE.len() + 100), selector()).await.map(|_| ()).unwrap_err();
        assert!(!why.unreachable && why.why.contains("breaks off"), "{why}");
    }

    #[tokio::test]
    async fn a_machine_without_a_way_there_says_so() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let why = download(&format!("http://{closed}/x"), selector()).await.map(|_| ()).unwrap_err();
        assert!(why.unreachable, "{why}");
    }
}
