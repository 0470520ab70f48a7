//! What an error of TLS means for whoever set the endpoint up.
//!
//! The texts have no word from the server. `http.rs` and `grpc/tls.rs` use them.

use rustls::{CertificateError, Error};

/// Describes an error, and says what to check if that is known.
pub(super) fn describe(error: &Error) -> String {
    let text = error.to_string();
    match advice(error, &text) {
        Some(advice) => format!("{text}: {advice}"),
        None => text,
    }
}

fn advice(error: &Error, text: &str) -> Option<&'static str> {
    match error {
        Error::InvalidMessage(_) => {
            Some("the server does not speak TLS on this port: is the endpoint `http://`?")
        }
        // A bad signature is that of an authority with the same name and another key.
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => Some(
            "the authority (CA) that signed the server's certificate is not trusted; \
             `OTEL_EXPORTER_OTLP_CERTIFICATE` or `certificate(..)` names a file with it",
        ),
        // Only the text of webpki's error is known here.
        Error::InvalidCertificate(_) if text.contains("CaUsedAsEndEntity") => Some(
            "the server uses the certificate of an authority (CA) as its own; it needs one that \
             the CA has signed, and the file of trusted certificates has the CA's",
        ),
        _ => None,
    }
}
