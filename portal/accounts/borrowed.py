# ruff: noqa: E501, ERA001, RUF001
"""Sentences of the libraries that a person meets here and that those bring no Hindi for, or a poor one.

Nothing imports this: it marks them for makemessages, since our catalogue is asked before theirs. tests/portal/test_languages.py sees that
they still say them so.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

# allauth: forms and their errors
_("This account is currently inactive.")
_("You cannot remove your primary email address.")
_("This email address is already associated with this account.")
_("The email address and/or password you specified are not correct.")
_("A user is already registered with this email address.")
_("Please type your current password.")
_("Incorrect code.")
_("Incorrect password.")
_("Invalid or expired key.")
_("Invalid login.")
_("The password reset token was invalid.")
_("You cannot add more than %d email addresses.")
_("Too many failed login attempts. Try again later.")
_("The email address is not assigned to any user account.")
_("Your primary email address must be verified.")
_("Please select only one.")
_("The new value must be different from the current one.")
_("Be patient, you are sending too many requests.")
_("Use your password")
_("Use authenticator app or code")
_("Email")
_("Email address")
_("You must type the same password each time.")
_("Password")
_("Remember Me")
_("Forgot your password?")
_("Password (again)")
_("Current Password")
_("New Password")
_("New Password (again)")
_("Code")
_("Authenticator code")
_("You cannot add an email address to an account protected by two-factor authentication.")
_("You cannot deactivate two-factor authentication.")
_("You cannot generate recovery codes without having two-factor authentication enabled.")
_("You cannot activate two-factor authentication until you have verified your email address.")

# allauth: pages and what they tell afterwards
_("Cancel")
_("Account Inactive")
_("This account is inactive.")
_("Sign In")
_("Email Addresses")
_("The following email addresses are associated with your account:")
_("Verified")
_("Unverified")
_("Primary")
_("Make Primary")
_("Re-send Verification")
_("Remove")
_("Add Email Address")
_("Add Email")
_("Do you really want to remove the selected email address?")
_("Unable to confirm %(email)s because it is already confirmed by a different account.")
_("You cannot remove your primary email address (%(email)s).")
_("Confirmation email sent to %(email)s.")
_("You have confirmed %(email)s.")
_("Removed email address %(email)s.")
_("Successfully signed in as %(name)s.")
_("You have signed out.")
_("Password successfully changed.")
_("Password successfully set.")
_("Primary email address set.")
_("Change Password")
_("Bad Token")
_(
    'The password reset link was invalid, possibly because it has already been used.  Please request a <a href="%(passwd_reset_url)s">new password reset</a>.'
)
_("Your password is now changed.")
_("Warning:")
_(
    "You currently do not have any email address set up. You should really add an email address so you can receive notifications, reset your password, etc."
)
_("Verify Your Email Address")
_(
    "This part of the site requires us to verify that\n"
    "you are who you claim to be. For this purpose, we require that you\n"
    "verify ownership of your email address. "
)
_(
    "We have sent an email to you for\n"
    "verification. Please click on the link inside that email. If you do not see the verification email in your main inbox, check your spam folder. Otherwise\n"
    "contact us if you do not receive it within a few minutes."
)
_('<strong>Note:</strong> you can still <a href="%(email_url)s">change your email address</a>.')
_("Two-Factor Authentication")
_("Your account is protected by two-factor authentication. Please enter an authenticator code:")
_("Authenticator app activated.")
_("Authenticator app deactivated.")
_("Authenticator App")
_("Authentication using an authenticator app is active.")
_("An authenticator app is not active.")
_("Deactivate")
_("Activate")
_("Recovery Codes")
ngettext_lazy(
    "There is %(unused_count)s out of %(total_count)s recovery codes available.",
    "There are %(unused_count)s out of %(total_count)s recovery codes available.",
    "unused_count",
)
_("No recovery codes set up.")
_("View")
_("Download")
_("Generate")
_("A new set of recovery codes has been generated.")
_("You are about to generate a new set of recovery codes for your account.")
_("This action will invalidate your existing codes.")
_("Are you sure?")
_("Unused codes")
_("Download codes")
_("Generate new codes")
_("Deactivate Authenticator App")
_("You are about to deactivate authenticator app based authentication. Are you sure?")
_("Passwordless")
_(
    "Enabling passwordless operation allows you to sign in using just this key, but imposes additional requirements such as biometrics or PIN protection."
)
_("Security key added.")
_("Security key removed.")
_("Use a security key")
_("Master key")
_("Backup key")
_("Key nr. {number}")

# allauth: mails
_(
    "You are receiving this email because you or someone else tried to signup for an\n"
    "account using email address:\n"
    "\n"
    "%(email)s\n"
    "\n"
    "However, an account using that email address already exists.  In case you have\n"
    "forgotten about this, please use the password forgotten procedure to recover\n"
    "your account:\n"
    "\n"
    "%(password_reset_url)s"
)
_("Account Already Exists")
_("Hello from %(site_name)s!")
_("Thank you for using %(site_name)s!\n%(site_domain)s")
_("You are receiving this mail because the following change was made to your account:")
_(
    "If you do not recognize this change then please take proper security precautions immediately. The change to your account originates from:\n"
    "\n"
    "- IP address: %(ip)s\n"
    "- Browser: %(user_agent)s\n"
    "- Date: %(timestamp)s"
)
_("Your email has been changed from %(from_email)s to %(to_email)s.")
_("Email Changed")
_("Your email has been confirmed.")
_("Email Confirmation")
_("You're receiving this email because user %(user_display)s has given your email address to register an account on %(site_domain)s.")
_("To confirm this is correct, go to %(activate_url)s")
_("Please Confirm Your Email Address")
_("Email address %(deleted_email)s has been removed from your account.")
_("Email Removed")
_("Your password has been changed.")
_("Password Changed")
_(
    "You're receiving this email because you or someone else has requested a password reset for your user account.\n"
    "It can be safely ignored if you did not request a password reset. Click the link below to reset your password."
)
_("Password Reset Email")
_("Your password has been reset.")
_("Password Reset")
_("Your password has been set.")
_("Password Set")
_("A new set of Two-Factor Authentication recovery codes has been generated.")
_("New Recovery Codes Generated")
_("Authenticator App Activated")
_("Authenticator App Deactivated")
_("A new security key has been added.")
_("Security Key Added")
_("A security key has been removed.")
_("Security Key Removed")

# Django: forms and passwords, where its own Hindi has nothing or is hard to read
_("This field is required.")
_("Enter a valid email address.")
_("Enter a valid date.")
_("Enter a number.")
_("Enter a whole number.")
_("Select a valid choice. %(value)s is not one of the available choices.")
_("Select a valid choice. That choice is not one of the available choices.")
_("Ensure this value is less than or equal to %(limit_value)s.")
_("Ensure this value is greater than or equal to %(limit_value)s.")
ngettext_lazy(
    "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
    "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
    "limit_value",
)
ngettext_lazy(
    "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
    "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    "limit_value",
)
ngettext_lazy(
    "Ensure this filename has at most %(max)d character (it has %(length)d).",
    "Ensure this filename has at most %(max)d characters (it has %(length)d).",
    "max",
)
_("Enter a complete value.")
_("Null characters are not allowed.")
_("No file was submitted. Check the encoding type on the form.")
_("No file was submitted.")
_("The submitted file is empty.")
_("“%(pk)s” is not a valid value.")
_("“%(value)s” is not a valid UUID.")
ngettext_lazy(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)
ngettext_lazy(
    "Your password must contain at least %(min_length)d character.",
    "Your password must contain at least %(min_length)d characters.",
    "min_length",
)
_("The password is too similar to the %(verbose_name)s.")
_("Your password can’t be too similar to your other personal information.")
_("This password is too common.")
_("Your password can’t be a commonly used password.")
_("This password is entirely numeric.")
_("Your password can’t be entirely numeric.")

# Django: dates, where its own Hindi is misspelt or cut in a way that nobody writes
_("jan")
_("feb")
_("mar")
_("apr")
_("may")
_("jun")
_("jul")
_("aug")
_("sep")
_("oct")
_("nov")
_("dec")
_("September")
_("October")
_("November")
_("December")
_("Monday")
_("Thursday")

# the REST framework and knox: errors
_("A server error occurred.")
_("Invalid input.")
_("Malformed request.")
_("Incorrect authentication credentials.")
_("Authentication credentials were not provided.")
_("You do not have permission to perform this action.")
_("Not found.")
_('Method "{method}" not allowed.')
_("Could not satisfy the request Accept header.")
_('Unsupported media type "{media_type}" in request.')
_("Request was throttled.")
_("Expected available in {wait} second.")
_("Expected available in {wait} seconds.")
_("This field may not be null.")
_("Must be a valid boolean.")
_("Not a valid string.")
_("This field may not be blank.")
_("Ensure this field has no more than {max_length} characters.")
_("Ensure this field has at least {min_length} characters.")
_("Must be a valid UUID.")
_("A valid integer is required.")
_("Ensure this value is less than or equal to {max_value}.")
_("Ensure this value is greater than or equal to {min_value}.")
_("String value too large.")
_("A valid number is required.")
_("Datetime has wrong format. Use one of these formats instead: {format}.")
_("Date has wrong format. Use one of these formats instead: {format}.")
_('"{input}" is not a valid choice.')
_('Expected a list of items but got type "{input_type}".')
_("This selection may not be empty.")
_("The submitted data was not a file. Check the encoding type on the form.")
_("No filename could be determined.")
_("Ensure this filename has at most {max_length} characters (it has {length}).")
_("This list may not be empty.")
_('Expected a dictionary of items but got type "{input_type}".')
_("Value must be valid JSON.")
_("Invalid data. Expected a dictionary, but got {datatype}.")
_('Invalid pk "{pk_value}" - object does not exist.')
_("Incorrect type. Expected pk value, received {data_type}.")
_("Invalid cursor")
_("Invalid page.")
_("Invalid token header. No credentials provided.")
_("Invalid token header. Token string should not contain spaces.")
_("Invalid token.")
_("User inactive or deleted.")

# HTTP: the titles of problems (RFC 9457)
_("Bad Request")
_("Unauthorized")
_("Forbidden")
_("Not Found")
_("Method Not Allowed")
_("Not Acceptable")
_("Conflict")
_("Gone")
_("Precondition Failed")
_("Request Entity Too Large")
_("Content Too Large")
_("Unsupported Media Type")
_("Unprocessable Entity")
_("Unprocessable Content")
_("Too Many Requests")
_("Internal Server Error")
_("Service Unavailable")
