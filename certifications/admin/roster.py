"""The roster import in the admin, with a preview."""

from amtportal.imports.admin import ImportPages, UploadForm
from certifications.roster.resource import RosterResource


class RosterForm(UploadForm):
    command = "import_roster"


class RosterImportMixin(ImportPages):
    resource_classes = [RosterResource]
    import_form_class = RosterForm
    import_label = "Import roster"
    # A roster adds and changes all of these. Changing an address gives away the account, because
    # its password can be reset by mail.
    may_import = [
        f"{app}.{action}_{model}"
        for app, model in (("certifications", "certification"), ("members", "member"), ("members", "user"))
        for action in ("add", "change")
    ]
