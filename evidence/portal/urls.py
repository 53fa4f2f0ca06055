"""Pages of the portal, which teams use. Their addresses stand in reminders."""

from django.urls import path

from evidence.portal import home, reviews, shelf, training
from evidence.portal.frame import with_role

app_name = "portal"

urlpatterns = [
    path("", with_role(home.home), name="my-work"),
    path("reviews/", with_role(reviews.listing), name="reviews"),
    path("reviews/<uuid:uuid>/", with_role(reviews.task), name="task"),
    path("evidence/", with_role(shelf.listing), name="evidence"),
    path("evidence/new/", with_role(shelf.new), name="hand-in"),
    path("evidence/<uuid:uuid>/", with_role(shelf.piece), name="piece"),
    path("training/", with_role(training.listing), name="training"),
]
