## First page

home-title = What would you like to do?
home-lead = Public services and your rights to your own data, in one place.
home-empty = Nothing is offered here yet.
home-trail = Each office that used your data, here and abroad, with the evidence.
home-account = Who is signed in, on which devices, and the way out.

## Titles

trail-title = Who used my data
account-title = Your account

## Sign-in and account

home = Home
sign-in-cancelled = You are not signed in
sign-in-cancelled-about = The identity service ended the sign-in. Nothing was changed.
role-citizen = Citizen
role-officer = Officer
role-operator = Operator
account-name = Name
account-roles = You are signed in as
account-here = Signed in since
account-this = This device
account-others = Other devices
account-no-others = You are signed in on this device alone.
account-seen = Signed in { $begun }, used last { $seen }.
account-end = Sign out there
account-end-others = Sign out on all other devices
