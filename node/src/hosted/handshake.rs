//! The beginning of VNC (RFC 6143, 7.1 and 7.2), on both sides of the sharer's
//! node: towards the server it knows the password, towards the viewer it asks
//! for another (HOST-2). Nothing of one side is passed to the other.

use std::io;

use kith_proto::rfb::{self, GREETING, RfbFault, Version};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::secret::{CHALLENGE, Password, answer, is_right};

/// No check at all.
const NONE: u8 = 1;
/// VNC's own password check.
const VNC_AUTH: u8 = 2;
/// What a viewer with the wrong password hears.
const WRONG: &[u8] = b"the password is wrong";

/// Why a session can't go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Rfb(#[from] RfbFault),
}

/// Goes through a server's beginning until it lets us in; the password is used
/// here and nowhere else. The next word is ours: whether others may stay.
pub(super) async fn enter(
    server: &mut (impl AsyncRead + AsyncWrite + Unpin),
    password: Option<&Password>,
) -> Result<(), Broken> {
    let mut greeting = [0; GREETING];
    server.read_exact(&mut greeting).await?;
    let version = rfb::greeting(&greeting)?;
    server.write_all(&version.bytes()).await?;
    let kind = match version {
        // There the server says which it is.
        Version::V3 => match server.read_u32().await? {
            0 => return Err(RfbFault::Shut.into()),
            kind => chosen(&[u8::try_from(kind).unwrap_or(0)], password)?,
        },
        Version::V7 | Version::V8 => {
            let count = server.read_u8().await?;
            if count == 0 {
                return Err(RfbFault::Shut.into());
            }
            let mut kinds = vec![0; count.into()];
            server.read_exact(&mut kinds).await?;
            let kind = chosen(&kinds, password)?;
            server.write_u8(kind).await?;
            kind
        }
    };
    if let (VNC_AUTH, Some(password)) = (kind, password) {
        let mut challenge = [0; CHALLENGE];
        server.read_exact(&mut challenge).await?;
        let answer = answer(password, &challenge);
        server.write_all(&answer).await?;
    } else if version != Version::V8 {
        // Older servers say nothing where nothing was asked.
        return Ok(());
    }
    match server.read_u32().await? {
        0 => Ok(()),
        _ => Err(RfbFault::Password.into()),
    }
}

/// The kind of security that is taken of those that a server offers.
fn chosen(kinds: &[u8], password: Option<&Password>) -> Result<u8, RfbFault> {
    match password {
        Some(_) if kinds.contains(&VNC_AUTH) => Ok(VNC_AUTH),
        _ if kinds.contains(&NONE) => Ok(NONE),
        None if kinds.contains(&VNC_AUTH) => Err(RfbFault::Needed),
        _ => Err(RfbFault::Security),
    }
}

/// Goes through a viewer's beginning, as its server. `challenge` is fresh. The
/// viewer's wish to have the server for itself is heard and forgotten.
pub(super) async fn admit(
    viewer: &mut (impl AsyncRead + AsyncWrite + Unpin),
    password: &Password,
    challenge: &[u8; CHALLENGE],
) -> Result<(), Broken> {
    viewer.write_all(&Version::V8.bytes()).await?;
    viewer.flush().await?;
    let mut greeting = [0; GREETING];
    viewer.read_exact(&mut greeting).await?;
    let version = rfb::greeting(&greeting)?;
    match version {
        Version::V3 => viewer.write_u32(VNC_AUTH.into()).await?,
        Version::V7 | Version::V8 => {
            viewer.write_all(&[1, VNC_AUTH]).await?;
            viewer.flush().await?;
            if viewer.read_u8().await? != VNC_AUTH {
                return Err(RfbFault::Security.into());
            }
        }
    }
    viewer.write_all(challenge).await?;
    viewer.flush().await?;
    let mut heard = [0; CHALLENGE];
    viewer.read_exact(&mut heard).await?;
    if !is_right(&answer(password, challenge), &heard) {
        viewer.write_u32(1).await?;
        if version == Version::V8 {
            viewer.write_u32(WRONG.len() as u32).await?;
            viewer.write_all(WRONG).await?;
        }
        viewer.flush().await?;
        return Err(RfbFault::Password.into());
    }
    viewer.write_u32(0).await?;
    viewer.flush().await?;
    viewer.read_u8().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
