//! Commands that may come a moment before what they need: the answer to an
//! invite, or the room of two. Both are on their way as soon as the other side
//! has typed, so they are waited for, a little.

use std::time::{Duration, Instant};

use kith_api::{ApiError, Client, ClientError, Code, ContactState, Event, Reply, Request};

use super::place::connect;
use super::{Common, Fail, note};

/// How long it is waited for.
const WAIT: Duration = Duration::from_secs(15);

/// `kith contacts NAME --accept`: lets in who answered; waits while nobody has
/// and an invite is open.
pub(super) fn accept(common: &Common, node: &mut Client, request: &Request) -> Result<Reply, Fail> {
    let early = Early {
        refused: |e, node| {
            Ok(e.code == Code::NotFound
                && matches!(node.ask(Request::Invites)?, Reply::Invites(all)
                    if all.iter().any(|i| i.state == "open")))
        },
        comes: |event| matches!(event, Event::Contact(c) if c.state == ContactState::Asks),
        told: "No answer of theirs is here yet",
    };
    match early.ask(common, node, request)? {
        Ok(reply) => Ok(reply),
        Err(nobody) => {
            let hint = "wait until they have said “kith accept”, and until the two devices have met; \
                        “kith contacts” shows who asks, and by which name. Then say this again";
            let why = format!("no answer of theirs came: {}", nobody.message);
            Err(ApiError::new(Code::NotFound, why).hint(hint).into())
        }
    }
}

/// `kith send`: waits while the room of two is on its way, or a yes to our answer.
pub(super) fn send(common: &Common, node: &mut Client, request: &Request) -> Result<Reply, Fail> {
    let early = Early {
        refused: |e, node| match e.code {
            Code::Unreachable => Ok(true),
            Code::Denied => Ok(matches!(node.ask(Request::Contacts)?, Reply::Contacts(all)
                if all.iter().any(|c| c.state == ContactState::Answered))),
            _ => Ok(false),
        },
        comes: |event| matches!(event, Event::Contact(c) if c.state == ContactState::Contact),
        told: "You two can’t talk yet",
    };
    Ok(early.ask(common, node, request)??)
}

/// What may come a moment too early.
struct Early {
    /// Whether this refusal may be over in a moment.
    refused: fn(&ApiError, &mut Client) -> Result<bool, ClientError>,
    /// What may have ended it.
    comes: fn(&Event) -> bool,
    /// What people are told meanwhile.
    told: &'static str,
}

impl Early {
    /// The answer, or the last refusal when nothing came in time.
    fn ask(
        self,
        common: &Common,
        node: &mut Client,
        request: &Request,
    ) -> Result<Result<Reply, ApiError>, Fail> {
        let mut events = connect(common)?;
        events.ask(Request::Subscribe)?;
        let mut refused = match node.ask(request.clone()) {
            Err(ClientError::Refused(e)) => e,
            other => return Ok(Ok(other?)),
        };
        if !(self.refused)(&refused, node)? {
            return Err(refused.into());
        }
        if !common.json {
            let secs = WAIT.as_secs();
            note(&format!(
                "{}; waiting for it, {secs} seconds at most.",
                self.told
            ));
        }
        let until = Instant::now() + WAIT;
        while let Some(left) = until
            .checked_duration_since(Instant::now())
            .filter(|d| !d.is_zero())
        {
            // Whether the time is over or the node gone is seen below.
            let _ = events.set_timeout(Some(left));
            match events.next_event() {
                Ok(event) if (self.comes)(&event) => {}
                Ok(_) => continue,
                Err(_) => break,
            }
            refused = match node.ask(request.clone()) {
                Err(ClientError::Refused(e)) => e,
                other => return Ok(Ok(other?)),
            };
            if !(self.refused)(&refused, node)? {
                return Err(refused.into());
            }
        }
        Ok(Err(refused))
    }
}
