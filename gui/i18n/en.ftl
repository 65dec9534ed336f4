# The whole of what the program says, in English.

today = Today
yesterday = Yesterday
loading = One moment …
copied = Copied
close = Close
try-again = Try again
start-again = Start again
allow = Allow
deny = Refuse
decline = Decline
join = Join
leave = Leave
copy = Copy

## Before there is a conversation
opening = Starting Kith …
first-title = Welcome to Kith
first-more = Talk with people nearby or far away, and show them a running application. There is no server and no account: everything stays on your devices.
first-name = Your name
first-name-help = This is what other people see.
first-name-example = Anna Berg
first-name-missing = Please enter a name first.
first-passphrase = Passphrase
first-passphrase-help = It protects everything that Kith keeps on this device. Four or five unusual words are strong and easy to remember.
first-again = The same once more
first-too-short = The passphrase needs eight characters or more.
first-differ = The two passphrases differ.
first-go = Begin
first-making = Making your keys …
unlock-title = Kith is locked
unlock-more = Enter your passphrase to open it.
unlock-go = Open
unlock-busy = Opening …
unlock-wrong = That passphrase doesn’t fit.
broken-title = Kith can’t start
broken-more = Nothing of yours is lost. If this stays so, “kith doctor” in a terminal says more.

## The list
nav-talk = Talk
nav-shares = Shares
nav-settings = Settings
search = Search people and messages
searching = Searching …
found-nothing = No message holds this text.
found = { $n ->
    [one] One message
   *[other] { $n } messages
}
invite = Invite somebody
new-room = New room
nobody = Nobody here yet
nobody-more = Invite somebody, or answer an invite that you were given.
invite-somebody = Invite somebody
have-invite = I have an invite
members = { $n ->
    [one] Only you
   *[other] { $n } people
}
invited-here = You are invited
asks-you = Wants to talk with you
waiting-for = Waiting for their answer
let-in = Accept
turn-away = Decline
offline = Not reachable
presence-available = Available
presence-away = Away
presence-busy = Busy
presence-hidden = Hidden
presence-sharing = Sharing
presence-via = { $how }, { $via }

## A conversation
nothing-open = Choose a conversation
nothing-open-more = Your people and rooms are on the left.
asks-title = { $name } wants to talk with you
asks-more = They answered your invite. Accept only if you know who this is; you can compare a safety number later.
waiting-title = Waiting for { $name }
waiting-more = As soon as you are both online, they are told that you answered. Nothing more is needed.
verified = Verified
unverified = Not verified
share = Share
not-a-member = You are not a member of this room any more.
history-failed = The messages can’t be shown
no-messages = No messages yet
no-messages-more = Say hello. What you write waits here until the other person can be reached.
to-newest = To the newest message
invited-question = You are invited to this room. Do you want to join?
answering = Answering
editing = Changing
write = Write a message
new-below = New
react = React
answer = Answer
edit = Change
edited = changed
delete = Delete for everybody
erased = This message was deleted.
missing = The text of this message hasn’t arrived yet.
delivery-queued = Waits on this device
delivery-held = Held by { $names }, not yet everywhere
delivery-delivered = Delivered
delivery-read = Read
file-title = Send a file
file-more = Name a file here, or drop one on the conversation. It is sent when the others fetch it.
file-path = Where it is
file-send = Send a file
file-save = Save to Downloads
no-downloads = There is no folder to put it into
node-gone = Kith isn’t running in the background. Nothing is sent or received.

## Invites and people
invite-title = Invite somebody
invite-more = Give this to one person: let them scan it, or send the text. It works once.
copy-invite = Copy the text
invite-until = Good until { $when }
accept-title = Answer an invite
accept-more = Paste the text that begins with “kith:”. Looking at it doesn’t use it up.
accept-go = Answer it
accept-look = Look at it
accept-done = You and { $name } can talk now.
accept-waits = Your answer is on its way to { $name }. You can talk as soon as they accept.
petname = What you call this person
petname-help = Only you see this.
safety-title = Compare the safety number
safety-more = Read these numbers to { $name }, face to face or by voice. If both of you see the same, nobody is between you.
safety-equal = They are the same
safety-differs = They differ
safety-is = You have compared this number.
safety-take-back = Take the mark back
room-title = New room
room-name = What it is called
room-name-example = Ward 3
room-who = Who is in it
room-make = Make the room
about = About this person
person-id = Identity
compare = Compare the safety number

## Sharing
share-choose = Choose a person to share something with.
share-show = Show something
share-let-control = Show, and let them control
share-see = Ask to see something
share-see-control = Ask to see and control
share-unknown = What is possible isn’t known until you were both online.
share-checking = The way to them is being tried …
path-title = Ways to them
ask-just-came = That has only just appeared here. Read it, then press again.
choose-what = Choose what to show
live-sees = { $names } sees { $what }
live-controls = { $names } sees and controls { $what }
live-how = Press Esc to take control back
take-control = Take control back
stop-sharing = Stop sharing
stop-watching = Stop watching
take-back = Take it back
ask-control = Ask for control
give-control-back = Give control back
shares-title = Shares
shares-none = Nothing is shared
shares-none-more = Open a conversation and press “Share” to show somebody an application, or to see one of theirs.
shares-now = Now
shares-over = Over
phase-invited = You invited { $name } to see { $what }.
phase-asked-for = You asked { $name } to show you something.
phase-wants-to-see = { $name } asks { $control ->
    [yes] to see and control
   *[no] to see
} something of yours.
phase-invites-me = { $name } wants to show you { $what }{ $control ->
    [yes] , with control
   *[no] { "" }
}.
phase-settling = Getting ready with { $name } …
phase-sees = { $name } sees { $what }{ $control ->
    [yes] , and controls it
   *[no] { "" }
}.
phase-wants-control = { $name } sees { $what } and asks for control.
phase-shows = { $name } shows you { $what }{ $control ->
    [yes] , and you control it
   *[no] { "" }
}.
phase-over = With { $name }: { $why }.
extent-window = one window
extent-application = one application
extent-applications = some applications
extent-desktop = the desktop
offer-title = Show something
offer-more = { $name } sees only what you choose here. You can end it at any time.
offer-what = What
offer-level = What they may do
offer-application = Name, or choose below
offer-application-example = libreoffice
offer-window = Title or a part of it, or choose below
offer-window-example = Report.odt
offer-region = Area
offer-region-example = 800x600+0+0
offer-desktop = The desktop
offer-desktop-more = Everything on your screen will be seen, whatever comes up on it. An application is safer.
offer-list = What there is
offer-again = Look again
offer-nothing = Nothing here is called so.
offer-invite = Invite
offer-allow = Show this
kind-application = Application
kind-window = Window
kind-region = Area
kind-desktop = Desktop
level-view = Only see
level-control = See and control

## Settings
set-me = You
set-presence = What others see
set-presence-more = Hidden means: nobody on the network can find you, contacts neither.
set-looks = Looks
set-scheme = Colours
set-light = Light
set-dark = Dark
set-size = Size
set-language = Language
set-safety = Safety
set-lock = Lock now
set-lock-more = Locking takes your keys out of memory and ends all connections, until you enter the passphrase.

## Keys
keys-title = Keys
key-tab = To the next thing, with Shift to the one before
key-enter = Press it; while writing: send, with Shift a new line
key-escape = Close, or leave what is being done
key-along = The next or previous conversation
key-pick = From message to message
key-search = Search
key-invite = Invite somebody
key-join = Answer an invite
key-nearby = Somebody nearby
key-panel = Open or close sharing
key-show = Show something to the person whose conversation is open
key-see = Ask to see something of theirs
key-asking = To the answer that somebody waits for
key-pages = Go to a page
key-stop = Stop all sharing
key-lock = Lock
key-scale = Larger or smaller

## Somebody nearby
nearby-title = Somebody nearby
nearby-more = For ten minutes your name can be seen by others on this network who do the same. Choose the person you want to meet.
nearby-nobody = Nobody yet. The other person opens this in their Kith too.
code-begin = With a short spoken code
code-begun = The two devices are making a code with { $name } …
code-compare = Read this code to { $name }. Do both of you see the same?
code-waiting = Waiting until { $name } says so too.
code-done = You and { $name } know each other now, verified.
code-failed = Nothing came of it with { $name }.
arrived = { $name } is there now

## Pages
nav-rules = Rules
nav-log = Log
nav-diagnosis = Check
rules-none = You belong to no organisation
rules-none-more = Without one, everything you share asks you first. An organisation’s rules can only make that stricter.
rules-state = Now
rules-issued = Signed
rules-until = Usable until
rules-role = Your role
rules-no-role = Not listed
rules-members = Members
state-in-force = In force
state-grace = Old, still usable for a while
state-policy-expired = Expired
log-check = Check the log
log-sound = Sound: all { $n } entries are in their chain.
log-none = Nothing was shared or asked for yet.
check-again = Check again
set-devices = Your devices
set-this-device = This device
set-other-device = Another device
