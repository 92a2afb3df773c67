//! Whether receipts are the station's own. The phone learned the station's key when it was enrolled.

use leptos::prelude::Set;
use xunji_domain::wire::{Answer, Receipt, from_base64url};
use xunji_sync::engine::Failure;

use super::Driver;
use crate::{platform, words};

/// The receipts among the answers to a batch.
pub(super) fn among(answers: &[Answer]) -> Vec<&Receipt> {
    let mut receipts = Vec::new();
    for answer in answers {
        if let Answer::Receipt { receipt, .. } = answer {
            receipts.push(receipt);
        }
    }
    receipts
}

impl Driver {
    /// Lets an answer of the station pass only if every receipt in it is signed by the station. Otherwise nothing of it
    /// is believed, everything stays in the outbox, and the person is told.
    ///
    /// A phone that was enrolled before its station had a key has nothing to compare with.
    pub(super) async fn insist_on_genuine(&self, receipts: Vec<&Receipt>) -> Result<(), Failure> {
        let enrolment = self.inner.pocket.enrolment().await.map_err(|_| Failure::Storage)?;
        let Some(key) = enrolment.and_then(|enrolment| enrolment.receipt_key) else { return Ok(()) };
        let key = from_base64url(&key).unwrap_or_default();
        for receipt in receipts {
            if !is_genuine(&key, receipt).await {
                self.inner.signals.trouble.set(Some(words::forged().to_owned()));
                return Err(Failure::NotTheStation);
            }
        }
        Ok(())
    }
}

/// Whether the holder of the station's key signed a receipt.
pub async fn is_genuine(key: &[u8], receipt: &Receipt) -> bool {
    let signature = receipt.signature.as_ref().and_then(|signature| signature.bytes());
    match (signature, receipt.signed_bytes()) {
        (Some(signature), Ok(signed)) => platform::verify(key, &signature, &signed).await,
        _ => false,
    }
}
