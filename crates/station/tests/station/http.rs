//! Requests and what they got.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::{TcpSocket, TcpStream};
use xunji_domain::wire::ProblemDetails;

/// What a request got.
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
}

impl Reply {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The problem's type, after making sure that it is one.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{} {}",
            self.status,
            self.text()
        );
        let details: ProblemDetails = self.json();
        assert_eq!(details.status, self.status);
        assert!(details.title.ends_with('.'), "{}", details.title);
        details.kind
    }
}

/// A connection that is kept for many requests, and opened again when the station closes it.
pub struct Keep {
    address: SocketAddr,
    sender: http1::SendRequest<Full<Bytes>>,
}

impl Keep {
    pub async fn open(address: SocketAddr) -> Self {
        Self { address, sender: connect(address).await.unwrap() }
    }

    pub async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        if self.sender.ready().await.is_err() {
            self.sender = connect(self.address).await.unwrap();
        }
        exchange(&mut self.sender, method, path, headers, body.into()).await.unwrap()
    }
}

async fn connect(address: SocketAddr) -> Option<http1::SendRequest<Full<Bytes>>> {
    shake(TcpStream::connect(address).await.ok()?).await
}

async fn shake(stream: TcpStream) -> Option<http1::SendRequest<Full<Bytes>>> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}

async fn exchange(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Option<Reply> {
    let mut builder = Request::builder().method(method).uri(path).header("host", "station");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let response = sender.send_request(builder.body(Full::new(body)).unwrap()).await.ok()?;
    let (parts, body) = response.into_parts();
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap().to_owned();
    Some(Reply {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.collect().await.ok()?.to_bytes(),
    })
}

/// A request from another address of this machine.
pub async fn request_from(
    from: [u8; 4],
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Reply {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    let mut sender = shake(socket.connect(address).await.unwrap()).await.unwrap();
    exchange(&mut sender, method, path, headers, body.into()).await.unwrap()
}

/// Nothing when the connection broke.
pub async fn try_request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Option<Reply> {
    exchange(&mut connect(address).await?, method, path, headers, body.into()).await
}

pub async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Reply {
    try_request(address, method, path, headers, body).await.expect("an answer")
}
