//! Input devices whose presses count (ASK-3). Hands on a display's own devices
//! always do. What comes by way of XTEST may be x11vnc, an on-screen keyboard,
//! or a script: it counts where our person has enrolled it.

use std::collections::BTreeSet;
use std::time::Duration;

use kith_api::{ApiError, InputCounts, InputDevice, InputKind, InputRequest, Inputs, Reply};
use kith_proto::audit::{Event, Presses, Said};
use kith_proto::hands::{AFTERMATH, Hands};
use kith_proto::names::escape_for_display;
use kith_screen::x11::{self, InputMaker};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::super::open::Open;
use super::refused;
use crate::share::{Enrolled, has_display};
use crate::store::{audit as audit_rows, own};

/// What is kept of it: one byte a kind, see [`byte`]. No backup holds it: it is
/// of this machine.
const KEPT: &str = "enrolled-inputs";
/// How long the display may take to say which devices it has.
const ASKED: Duration = Duration::from_secs(5);
/// The most devices that are listed, and the longest name in bytes.
const DEVICES: usize = 64;
const NAME: usize = 200;

const fn byte(kind: InputKind) -> u8 {
    match kind {
        InputKind::Keyboard => b'k',
        InputKind::Pointer => b'p',
    }
}

const fn presses(kind: InputKind) -> Presses {
    match kind {
        InputKind::Keyboard => Presses::Keyboard,
        InputKind::Pointer => Presses::Pointer,
    }
}

const fn on_screen(kind: InputKind) -> x11::InputKind {
    match kind {
        InputKind::Keyboard => x11::InputKind::Keyboard,
        InputKind::Pointer => x11::InputKind::Pointer,
    }
}

const fn from_screen(kind: x11::InputKind) -> InputKind {
    match kind {
        x11::InputKind::Keyboard => InputKind::Keyboard,
        x11::InputKind::Pointer => InputKind::Pointer,
    }
}

impl Open {
    /// What was enrolled before; what can't be read isn't.
    pub(super) async fn load_inputs(&mut self) {
        let kept = self.store.read(|tx| own::get(tx, KEPT)).await;
        let kept = kept.ok().flatten().unwrap_or_default();
        self.sessions.commands.enrolled = [InputKind::Keyboard, InputKind::Pointer]
            .into_iter()
            .filter(|kind| kept.contains(&byte(*kind)))
            .collect();
        self.tell_inputs();
    }

    /// Lets the screen know, and from when on: a viewer may have left a program
    /// here that presses (GUARD-9).
    pub(super) fn tell_inputs(&self) {
        let wait = match self.hands() {
            Hands::Own => Duration::ZERO,
            Hands::Gone(ago) => AFTERMATH.saturating_sub(ago),
            Hands::Others => AFTERMATH,
        };
        self.sessions.shares().enrolled(Enrolled {
            kinds: self
                .sessions
                .commands
                .enrolled
                .iter()
                .copied()
                .map(on_screen)
                .collect(),
            from: Instant::now() + wait,
        });
    }

    /// Enrols or removes, and audits that where it changes anything.
    pub(in super::super) async fn change_input(
        &mut self,
        request: &InputRequest,
        said: Said,
    ) -> Result<(), ApiError> {
        let mut all = self.sessions.commands.enrolled.clone();
        let how = said.code();
        let (event, changed) = match request {
            InputRequest::List => return Ok(()),
            InputRequest::Enrol { kind } => {
                // Also where it was pressed: control may have begun meanwhile.
                if self.hands().may_be_others() {
                    return Err(refused(self.hands()));
                }
                let input = presses(*kind);
                let event = Event::InputEnrolled { input, how };
                (event, all.insert(*kind))
            }
            InputRequest::Remove { kind } => {
                let input = presses(*kind);
                let event = Event::InputRemoved { input, how };
                (event, all.remove(kind))
            }
        };
        if !changed {
            return Ok(());
        }
        let (entry, head, log) = self.next_entry(event)?;
        let bytes: Vec<u8> = all.iter().copied().map(byte).collect();
        self.store
            .write(move |tx| {
                own::put(tx, KEPT, &bytes)?;
                audit_rows::append(tx, &entry, &head)
            })
            .await?;
        self.audit = log;
        self.sessions.commands.enrolled = all;
        self.tell_inputs();
        Ok(())
    }

    /// Does what is asked, and answers with what there is then, by itself: a
    /// display that doesn't answer keeps nobody else waiting.
    pub(in super::super) async fn answer_input(
        &mut self,
        request: &InputRequest,
        answer: oneshot::Sender<Result<Reply, ApiError>>,
    ) {
        if let Err(error) = self.change_input(request, self.said_how()).await {
            let _ = answer.send(Err(error));
            return;
        }
        let enrolled = self.sessions.commands.enrolled.clone();
        tokio::spawn(async move {
            let look = tokio::task::spawn_blocking(|| x11::inputs(None));
            let look = async {
                if !has_display() {
                    return Err("this node has no display".to_owned());
                }
                match tokio::time::timeout(ASKED, look).await {
                    Ok(Ok(found)) => found.map_err(|e| e.to_string()),
                    _ => Err("the screen doesn’t answer".to_owned()),
                }
            };
            let (found, gap) = match look.await {
                Ok(found) => (found, None),
                Err(why) => (Vec::new(), Some(why)),
            };
            let devices = found.into_iter().take(DEVICES);
            let devices = devices.map(|d| listed(&d, &enrolled)).collect();
            let enrolled = enrolled.into_iter().collect();
            let _ = answer.send(Ok(Reply::Inputs(Inputs {
                devices,
                enrolled,
                gap,
            })));
        });
    }
}

fn listed(device: &x11::InputDevice, enrolled: &BTreeSet<InputKind>) -> InputDevice {
    let kind = from_screen(device.kind);
    let end = device.name.floor_char_boundary(NAME);
    InputDevice {
        name: escape_for_display(&device.name[..end]),
        kind,
        counts: match device.maker {
            InputMaker::Hands => InputCounts::Always,
            InputMaker::Programs if enrolled.contains(&kind) => InputCounts::Enrolled,
            InputMaker::Programs => InputCounts::Never,
        },
    }
}
