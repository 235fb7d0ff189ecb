//! A small shop on this machine: answers by what is asked, and counts by itself, so that what a plan's run tells can be
//! compared with what the server knows.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::server::read_request;

/// A request as the shop got it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET /path?query`.
    pub line: String,
    pub head: String,
    pub body: String,
    /// Since the shop opened.
    pub at: Duration,
}

impl Asked {
    pub fn header(&self, name: &str) -> String {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")));
        line.map(|line| line[name.len() + 2..].to_owned()).unwrap_or_default()
    }
}

/// What the shop answers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub after: Duration,
    pub status: u16,
    pub headers: String,
    pub body: String,
}

pub fn says(status: u16, body: &str) -> Answer {
    Answer { status, body: body.to_owned(), ..Answer::default() }
}

pub struct Shop {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// From the end of each request to the end of its answer.
    latencies: Arc<Mutex<Vec<Duration>>>,
}

impl Shop {
    /// Opens a shop that answers by these rules, which are told the request's number, from 0.
    pub async fn open(rules: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Shop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, latencies) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (told, took, rules, opened) = (Arc::clone(&asked), Arc::clone(&latencies), Arc::new(rules), Instant::now());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (told, took, rules) = (Arc::clone(&told), Arc::clone(&took), Arc::clone(&rules));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some((head, body)) = read_request(&mut stream).await {
                        let began = Instant::now();
                        let line = head.split(" HTTP").next().unwrap_or_default().to_owned();
                        let body = String::from_utf8_lossy(&body).into_owned();
                        let request = Asked { line, head, body, at: opened.elapsed() };
                        let Answer { after, status, headers, body } = {
                            let mut told = told.lock().unwrap();
                            told.push(request.clone());
                            rules(&request, told.len() - 1)
                        };
                        tokio::time::sleep(after).await;
                        let answer =
                            format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                        took.lock().unwrap().push(began.elapsed());
                    }
                });
            }
        });
        Shop { address, asked, latencies }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Those whose line begins so.
    pub fn asked_for(&self, line: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.line.starts_with(line)).collect()
    }

    /// The latency in milliseconds that this share did not exceed, as the shop knows it.
    pub fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.latencies.lock().unwrap().clone();
        sorted.sort_unstable();
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted[place.clamp(1, sorted.len()) - 1].as_secs_f64() * 1000.0
    }
}
