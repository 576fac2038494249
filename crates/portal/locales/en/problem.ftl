## Problem pages

problem-400 = We cannot understand this request
problem-400-do = The address or the form is not complete. Go back to the page before and try again.
problem-403 = You cannot open this
problem-403-do = This page is not for you, or its form was open for too long. Load the page it came from again and retry.
problem-404 = Page not found
problem-404-do = Check the address, or search for a service from the home page.
problem-405 = This cannot be done here
problem-405-do = Open the page from the menu and repeat the step.
problem-413 = What you sent is too large
problem-413-do = Shorten it and send it again.
problem-422 = The form cannot be accepted
problem-422-do = Some answers contradict each other. Go back to the form and check them.
problem-429 = Too many requests
problem-429-do = Wait a moment and try again.
problem-500 = Something went wrong on our side
problem-500-do = We have recorded this fault. Answers that you saved are not lost. Try again in a moment.
problem-503 = The service is not available
problem-503-do = Answers that you saved are not lost. Try again in a moment.
problem-again = Try again
problem-home = To the home page
problem-reference = Quote this number if you contact us
problem-call = Help, 24 hours
