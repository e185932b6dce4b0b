//! Bodies on their way to a client: whole, or as a fault wants them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::faults::Transfer;

const PADDING: &[u8] = &[b' '; 64 * 1024];

/// A fault wants the connection reset in the middle of an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault cuts this answer off")]
pub(crate) struct CutOff;

/// A body that is being sent.
pub(crate) enum Sending {
    Whole(Option<Bytes>),
    /// What was promised, and what of it is still to be sent before the connection ends.
    CutOff {
        promised: u64,
        half: Option<Bytes>,
        /// The half is on its way, not only in a buffer.
        flushed: bool,
    },
    Drip {
        rest: Bytes,
        gap: Duration,
        pause: Pin<Box<Sleep>>,
    },
    Padded {
        body: Option<Bytes>,
        padding: u64,
    },
}

impl Sending {
    pub(crate) fn new(body: Vec<u8>, transfer: Option<Transfer>) -> Self {
        let body = Bytes::from(body);
        match transfer {
            None => Self::Whole(Some(body)),
            Some(Transfer::CutOff) => {
                let half = body.slice(..body.len() / 2);
                Self::CutOff { promised: body.len() as u64, half: Some(half), flushed: false }
            }
            Some(Transfer::Drip(milliseconds)) => {
                let gap = Duration::from_millis(milliseconds);
                Self::Drip { rest: body, gap, pause: Box::pin(tokio::time::sleep(Duration::ZERO)) }
            }
            Some(Transfer::Padded(length)) => {
                let padding = length.saturating_sub(body.len() as u64);
                Self::Padded { body: Some(body), padding }
            }
        }
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        let next = match &mut *self {
            Self::Whole(body) => body.take(),
            Self::CutOff { half, flushed, .. } => match half.take() {
                Some(half) => Some(half),
                None if *flushed => return Poll::Ready(Some(Err(CutOff))),
                // hyper writes what it has before it asks again.
                None => {
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            },
            Self::Drip { rest, .. } if rest.is_empty() => None,
            Self::Drip { rest, gap, pause } => {
                ready!(pause.as_mut().poll(context));
                pause.as_mut().reset(tokio::time::Instant::now() + *gap);
                Some(rest.split_to(1))
            }
            Self::Padded { body, padding } => body.take().or_else(|| {
                let length = usize::try_from(*padding).unwrap_or(PADDING.len()).min(PADDING.len());
                *padding -= length as u64;
                (length > 0).then(|| Bytes::from_static(&PADDING[..length]))
            }),
        };
        Poll::Ready(next.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64),
            Self::CutOff { promised, .. } => SizeHint::with_exact(*promised),
            Self::Drip { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Padded { .. } => SizeHint::default(),
        }
    }
}
