## Header, menus and footer

skip = Skip to main content
official-site = Official site of the { $government }
languages = Language
menu = Menu
menu-label = Main menu
sign-in = Sign in
waiting =
    { $n ->
        [one] needs action
       *[other] need action
    }
shell-portal = Public services portal
shell-desk = Officer desk
shell-console = Node operator console
foot-help = Help
foot-status = Service status
foot-accessibility = Accessibility statement
foot-privacy = Privacy
foot-phone = Help, 24 hours:

## Places

place-services = Services
place-cases = Applications
place-letters = Documents
place-messages = Messages
place-trail = Data trail
place-desk = My queue
place-desk-cases = All cases
place-desk-decisions = Decisions
place-desk-search = Find a person
place-console = Node status
place-members = Members
place-offered = Services
place-access = Access rights
place-agreements = Agreements
place-certificates = Certificates
place-federation = Federation
place-log = Message log
place-traffic = Traffic
place-diagnostics = Diagnostics
place-settings = Settings
group-cases = Cases
group-persons = Persons
group-exchange = Exchange
group-trust = Trust
group-operation = Operation

## Session

session-page = Your session
session-ends = Your session ends at { $time } if it is not used.
session-title = Your session is about to end
session-left = Minutes left before you are signed out:
session-drafts = Answers that you saved are not lost.
session-keep = Stay signed in
session-leave = Sign out
session-go-on = Continue
session-ended = You are signed out
session-ended-about = Your session has ended. Answers that you saved wait until you sign in again.
