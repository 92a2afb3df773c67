//! Errors on the wire: RFC 9457 problem details with a type that never changes.
//!
//! Every handler returns [`Problem`]; nothing of the inside (SQL, paths, content) goes into one. What a person at the
//! station should know is logged where it happens.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use xunji_domain::wire::ProblemDetails;

use crate::db::DbError;

/// Why a request as a whole was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The body is no JSON of the right shape, or its gzip is broken.
    #[error("The body can't be read: it is damaged or not what this call takes.")]
    BodyUnreadable,
    /// A query parameter, a header or the path is wrong.
    #[error("The request has a wrong or missing parameter or header.")]
    RequestInvalid,
    /// Too many bytes, before or after decompression.
    #[error("The body is larger than this call takes.")]
    BodyTooLarge,
    /// Too many entries.
    #[error("The batch has more entries than the station takes at once.")]
    BatchTooLarge,
    /// Compressed by something else than gzip.
    #[error("The body is compressed in a way that the station doesn't read. Use gzip.")]
    EncodingUnsupported,
    /// The body did not arrive in time.
    #[error("The body did not arrive in time.")]
    Timeout,
    /// No token, or not one that is in force.
    #[error(
        "This installation is not enrolled, or its token is no longer in force. Enrol again with a new code."
    )]
    Unauthorized,
    /// The office has revoked the phone.
    #[error(
        "The office has revoked this phone. What waits on it stays there, sealed; it is sent once the phone is enrolled with a new code."
    )]
    Revoked,
    /// The office has suspended the person.
    #[error("The office has suspended this person. What waits on the phone stays there, sealed.")]
    Suspended,
    /// No such path.
    #[error("There is nothing here.")]
    NotFound,
    /// Not with this method.
    #[error("This path does not take this method.")]
    MethodNotAllowed,
    /// No such enrolment code.
    #[error("The station doesn't know this enrolment code. Compare it with what the office gave out.")]
    CodeUnknown,
    /// Another phone used the code.
    #[error("This enrolment code has been used on another phone. Ask the office for a new one.")]
    CodeUsed,
    /// The code is too old.
    #[error("This enrolment code has expired. Ask the office for a new one.")]
    CodeExpired,
    /// The installation is somebody else's.
    #[error(
        "This installation is enrolled for another person. Give that person's data up first, or use another browser profile."
    )]
    InstallationTaken,
    /// No such recovery code for this installation.
    #[error(
        "The station doesn't know this recovery code for this phone. Compare it with what the office gave out."
    )]
    RecoveryUnknown,
    /// The recovery code has been used.
    #[error("This recovery code has been used. Ask the office for a new one.")]
    RecoveryUsed,
    /// The recovery code is too old.
    #[error("This recovery code has expired. Ask the office for a new one.")]
    RecoveryExpired,
    /// The copy was not sealed to this station by this installation.
    #[error(
        "The station can't open this phone's copy of its key: it was sealed for another station or phone."
    )]
    RecoveryUnreadable,
    /// The area of somebody who manages people doesn't hold all of it.
    #[error("That reaches outside your area, so nothing was changed.")]
    OutsideArea,
    /// Not something that somebody who manages people may do.
    #[error("This is not yours to change, so nothing was changed. Ask the office.")]
    NotYours,
    /// The successor can't take all of it.
    #[error(
        "The successor is suspended or may not take all of it, so nothing was handed over. Name another one."
    )]
    SuccessorUnfit,
    /// Too many wrong codes, slips, tokens or names from one address.
    #[error("Too many wrong tries came from there. Wait a minute, then try again.")]
    TooManyAttempts,
    /// The upload has to go on elsewhere: at the offset that the header `Upload-Offset` gives.
    #[error("The upload goes on at another offset.")]
    UploadOffset(u64),
    /// Somebody else is uploading the same bytes just now.
    #[error("The same attachment is being uploaded by somebody else just now. Ask again in a few seconds.")]
    UploadBusy,
    /// The bytes don't have the name's SHA-256.
    #[error(
        "The uploaded bytes do not have the SHA-256 that they are named by. Send them again from the beginning."
    )]
    BlobHashMismatch,
    /// The disk is full.
    #[error("The station's disk is full. Nothing was stored; keep everything and try again later.")]
    StorageFull,
    /// The database or the disk does not work just now.
    #[error(
        "The station can't store anything just now. Nothing was stored; keep everything and try again later."
    )]
    StorageUnavailable,
}

impl Problem {
    /// Whether it says that there is no such token, or nothing of that name, which somebody may have guessed.
    pub const fn is_wrong_guess(&self) -> bool {
        matches!(self, Self::Unauthorized | Self::NotFound)
    }

    /// Whether it says that a code was wrong, which somebody may have guessed.
    pub const fn is_wrong_code(&self) -> bool {
        matches!(
            self,
            Self::CodeUnknown
                | Self::CodeUsed
                | Self::CodeExpired
                | Self::RecoveryUnknown
                | Self::RecoveryUsed
                | Self::RecoveryExpired
                | Self::RecoveryUnreadable
        )
    }

    /// The stable type.
    pub const fn kind(self) -> &'static str {
        self.parts().1
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.parts().0
    }

    const fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::BodyUnreadable => (StatusCode::BAD_REQUEST, "/problems/body-unreadable"),
            Self::RequestInvalid => (StatusCode::BAD_REQUEST, "/problems/request-invalid"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "/problems/body-too-large"),
            Self::BatchTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "/problems/batch-too-large"),
            Self::EncodingUnsupported => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "/problems/encoding-unsupported")
            }
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "/problems/timeout"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "/problems/unauthorized"),
            Self::Revoked => (StatusCode::UNAUTHORIZED, "/problems/revoked"),
            Self::Suspended => (StatusCode::UNAUTHORIZED, "/problems/suspended"),
            Self::NotFound => (StatusCode::NOT_FOUND, "/problems/not-found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "/problems/method-not-allowed"),
            Self::CodeUnknown => (StatusCode::NOT_FOUND, "/problems/enrolment-code-unknown"),
            Self::CodeUsed => (StatusCode::CONFLICT, "/problems/enrolment-code-used"),
            Self::CodeExpired => (StatusCode::GONE, "/problems/enrolment-code-expired"),
            Self::InstallationTaken => (StatusCode::CONFLICT, "/problems/installation-taken"),
            Self::RecoveryUnknown => (StatusCode::NOT_FOUND, "/problems/recovery-code-unknown"),
            Self::RecoveryUsed => (StatusCode::CONFLICT, "/problems/recovery-code-used"),
            Self::RecoveryExpired => (StatusCode::GONE, "/problems/recovery-code-expired"),
            Self::RecoveryUnreadable => {
                (StatusCode::UNPROCESSABLE_ENTITY, "/problems/recovery-copy-unreadable")
            }
            Self::OutsideArea => (StatusCode::CONFLICT, "/problems/outside-area"),
            Self::NotYours => (StatusCode::CONFLICT, "/problems/not-yours"),
            Self::SuccessorUnfit => (StatusCode::CONFLICT, "/problems/successor-unfit"),
            Self::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "/problems/too-many-attempts"),
            Self::UploadOffset(_) => (StatusCode::CONFLICT, "/problems/upload-offset"),
            Self::UploadBusy => (StatusCode::SERVICE_UNAVAILABLE, "/problems/upload-busy"),
            Self::BlobHashMismatch => (StatusCode::UNPROCESSABLE_ENTITY, "/problems/blob-hash-mismatch"),
            Self::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, "/problems/storage-full"),
            Self::StorageUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "/problems/storage-unavailable"),
        }
    }

    fn extra_header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Unauthorized | Self::Revoked | Self::Suspended => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::TooManyAttempts | Self::StorageFull => {
                Some((header::RETRY_AFTER, HeaderValue::from_static("60")))
            }
            Self::UploadBusy | Self::StorageUnavailable => {
                Some((header::RETRY_AFTER, HeaderValue::from_static("5")))
            }
            Self::UploadOffset(offset) => Some((HeaderName::from_static("upload-offset"), offset.into())),
            _ => None,
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let full = error.is_full();
        tracing::error!(%error, full, "storage failed");
        if full { Self::StorageFull } else { Self::StorageUnavailable }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        DbError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, kind) = self.parts();
        let details =
            ProblemDetails { kind: kind.to_owned(), title: self.to_string(), status: status.as_u16() };
        let body = serde_json::to_string(&details).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some((name, value)) = self.extra_header() {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}
