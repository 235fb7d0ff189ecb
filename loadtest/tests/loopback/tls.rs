//! Over TLS, with a certificate that is made here and trusted by nobody else.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use infra_loadtest::Report;
use infra_loadtest::client::Client;
use infra_loadtest::settings::Name;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::run::report;
use crate::server::{Counted, Deed, Server, serve, test_of};

#[tokio::test]
async fn a_trusted_server_is_asked_over_connections_that_are_kept() {
    let server = Secure::start().await;
    let mut roots = RootCertStore::empty();
    roots.add(server.certificate.clone()).unwrap();
    let report = server.test(roots).await;
    assert_eq!((report.requests.finished, report.errors.total), (20, 0), "{:?}", report.errors);
    let counted = server.counted.lock().unwrap();
    assert_eq!(counted.all(), 20);
    assert!(counted.head.to_lowercase().contains(&format!("host: {}\r\n", server.address)), "{}", counted.head);
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_never_asked() {
    let server = Secure::start().await;
    let report = server.test(RootCertStore::empty()).await;
    assert_eq!(report.errors.classes["tls"], 20);
    assert!(report.errors.examples["tls"].contains("UnknownIssuer"), "{:?}", report.errors);
    assert_eq!(server.counted.lock().unwrap().all(), 0);
}

#[tokio::test]
async fn a_server_without_tls_is_an_error_of_tls() {
    // It answers a greeting that it does not understand by closing.
    let server = Server::start(|_| (Duration::ZERO, Deed::HangUp)).await;
    let said = [(Name::Rate, "5"), (Name::Duration, "1"), (Name::Timeout, "300ms")];
    let test = test_of(&format!("https://{}/", server.address), &said);
    let report = report(&test, Client::trusting(&test, RootCertStore::empty()).unwrap(), pending()).await;
    assert_eq!(report.errors.total, 5);
    assert!(report.errors.classes.keys().all(|class| class == "tls" || class == "timeout"), "{:?}", report.errors);
}

/// A server with TLS, which knows what it did.
struct Secure {
    address: String,
    certificate: CertificateDer<'static>,
    counted: Arc<Mutex<Counted>>,
}

impl Secure {
    async fn start() -> Secure {
        let (certificate, key) = certificate();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let counted = Arc::new(Mutex::new(Counted::default()));
        let shared = Arc::clone(&counted);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, shared, |_| (Duration::ZERO, Deed::Answer(200, 50))).await;
                    }
                });
            }
        });
        Secure { address, certificate, counted }
    }

    async fn test(&self, roots: RootCertStore) -> Report {
        let said = [(Name::Rate, "20"), (Name::Duration, "1")];
        let test = test_of(&format!("https://{}/", self.address), &said);
        report(&test, Client::trusting(&test, roots).unwrap(), pending()).await
    }
}

/// A certificate for 127.0.0.1 that vouches for itself, and its key.
fn certificate() -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap();

    const EC_PUBLIC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
    const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    const COMMON_NAME: &[u8] = b"\x06\x03\x55\x04\x03";
    const ALTERNATIVE_NAME: &[u8] = b"\x06\x03\x55\x1d\x11";
    let signed_with = sequence(&[b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"]);
    let name = sequence(&[&der(0x31, &[&sequence(&[COMMON_NAME, &der(0x0c, &[b"test"])])])]);
    let valid = sequence(&[&der(0x17, &[b"200101000000Z"]), &der(0x18, &[b"21200101000000Z"])]);
    let bits = der(0x03, &[b"\0", pair.public_key().as_ref()]);
    let public_key = sequence(&[&sequence(&[EC_PUBLIC_KEY, P256]), &bits]);
    let names = der(0x04, &[&sequence(&[&der(0x87, &[&[127, 0, 0, 1]])])]);
    let extensions = der(0xa3, &[&sequence(&[&sequence(&[ALTERNATIVE_NAME, &names])])]);
    let (version, serial) = (der(0xa0, &[b"\x02\x01\x02"]), b"\x02\x01\x01");
    let content = sequence(&[&version, serial, &signed_with, &name, &valid, &name, &public_key, &extensions]);

    let signature = pair.sign(&random, &content).unwrap();
    let certificate = sequence(&[&content, &signed_with, &der(0x03, &[b"\0", signature.as_ref()])]);
    (certificate.into(), PrivatePkcs8KeyDer::from(key.as_ref().to_vec()))
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, parts)
}

/// A tag, a length, and what it is of.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match u16::try_from(content.len()).unwrap().to_be_bytes() {
        [0, short @ ..0x80] => vec![short],
        [0, long] => vec![0x81, long],
        [high, low] => vec![0x82, high, low],
    };
    [vec![tag], length, content].concat()
}
