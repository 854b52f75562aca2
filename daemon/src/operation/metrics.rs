//! Counters and gauges for Prometheus, over HTTP on a port of the loopback interface.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use pengine_control::Reply;
use tokio::net::TcpListener;
use tracing::{debug, warn};

use crate::inbox::Inbox;

/// The form of the text, as Prometheus wants it named.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long to wait after the system could not give us a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener for whoever collects metrics.
#[derive(Debug)]
pub struct Metrics {
    listener: TcpListener,
}

impl Metrics {
    /// Begins to listen, for this machine alone. Needs a runtime.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self { listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is dropped.
    pub async fn serve(self, inbox: Inbox) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let inbox = inbox.clone();
                    let service = service_fn(move |request| answer(inbox.clone(), request));
                    let connection = http1::Builder::new()
                        // Connections end with their first answer or when a header is too long in coming: nothing piles up.
                        .timer(TokioTimer::new())
                        .keep_alive(false)
                        .serve_connection(TokioIo::new(stream), service);
                    tokio::spawn(async move {
                        if let Err(error) = connection.await {
                            debug!("a connection for metrics broke: {error}");
                        }
                    });
                }
                Err(error) => {
                    warn!("a connection for metrics can't be accepted: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn answer(inbox: Inbox, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => match inbox.ask(pengine_control::Request::Metrics).await {
            Reply::Metrics { text } => (StatusCode::OK, text),
            Reply::Refused(refusal) => (StatusCode::SERVICE_UNAVAILABLE, format!("{refusal}\n")),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "no metrics\n".to_owned()),
        },
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, "metrics can be read only\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "there is /metrics only\n".to_owned()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(TEXT));
    Ok(response)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::inbox::Input;

    async fn ask(address: SocketAddr, head: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{head} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn metrics_are_those_of_the_core_and_nothing_else_is_there() {
        let (inbox, mut outlet) = Inbox::new();
        let metrics = Metrics::bind(0).await.unwrap();
        let address = metrics.address().unwrap();
        assert!(address.ip().is_loopback());
        tokio::spawn(metrics.serve(inbox));
        tokio::spawn(async move {
            while let Some(Input::Ask(_, answer)) = outlet.waiting.recv().await {
                answer.send(Reply::Metrics { text: "pengine_transitions_total 3\n".to_owned() }).unwrap();
            }
        });
        let answer = ask(address, "GET /metrics").await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\npengine_transitions_total 3\n"),
            "{answer}"
        );
        assert!(ask(address, "GET /").await.starts_with("HTTP/1.1 404 "));
        assert!(ask(address, "POST /metrics").await.starts_with("HTTP/1.1 405 "));
    }
}
