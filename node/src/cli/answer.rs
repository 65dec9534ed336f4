//! `kith contacts NAME --accept`, which may come before the answer to an
//! invite: that is on its way as soon as the other side has typed.

use std::time::{Duration, Instant};

use kith_api::{ApiError, Client, ClientError, Code, ContactState, Event, Reply, Request};

use super::place::connect;
use super::{Common, Fail, note};

/// How long it is waited for.
const WAIT: Duration = Duration::from_secs(15);

/// Lets in who answered; waits a little while nobody has and an invite is open.
pub(super) fn accept(common: &Common, node: &mut Client, request: &Request) -> Result<Reply, Fail> {
    let mut events = connect(common)?;
    events.ask(Request::Subscribe)?;
    let nobody = match node.ask(request.clone()) {
        Err(ClientError::Refused(e)) if e.code == Code::NotFound => e,
        other => return Ok(other?),
    };
    let Reply::Invites(invites) = node.ask(Request::Invites)? else {
        return Err(nobody.into());
    };
    if !invites.iter().any(|i| i.state == "open") {
        return Err(nobody.into());
    }
    if !common.json {
        let secs = WAIT.as_secs();
        note(&format!(
            "No answer of theirs is here yet; waiting for it, {secs} seconds at most."
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
            Ok(Event::Contact(c)) if c.state == ContactState::Asks => {}
            Ok(_) => continue,
            Err(_) => break,
        }
        match node.ask(request.clone()) {
            Err(ClientError::Refused(e)) if e.code == Code::NotFound => {}
            other => return Ok(other?),
        }
    }
    let hint = "wait until they have said “kith accept”, and until the two devices have met; \
                “kith contacts” shows who asks, and by which name. Then say this again";
    Err(ApiError::new(
        Code::NotFound,
        format!("no answer of theirs came: {}", nobody.message),
    )
    .hint(hint)
    .into())
}
