from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import path
from tea_orders import views

urlpatterns = [
    path('admin/', admin.site.urls),
    path('orders', views.place),
    path('orders/<uuid:order_id>', views.show),
    *staticfiles_urlpatterns(),  # the look of the admin pages, while DEBUG is on
]
