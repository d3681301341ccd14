@echo off
rem Fetches models by the same downloader as the page: resumed after every interruption, checked by sha256.
rem download_models.bat               the three that are named below
rem download_models.bat base_1_7b     these; "qwentts models list" names all
rem download_models.bat --provider modelscope base_1_7b
setlocal
set "root=%~dp0"
call "%root%scripts\find-python.bat" || exit /b 1
%python% "%root%scripts\install.py" light || exit /b 1
cd /d "%root%"
set provider=auto
set keys=
:next
if "%~1"=="" goto named
if /i "%~1"=="--provider" (
    set "provider=%~2"
    shift
) else (
    set "keys=%keys% %~1"
)
shift
goto next
:named
if "%provider%"=="" (
    echo Name the provider: auto, hf or modelscope.
    exit /b 1
)
if "%keys%"=="" set "keys=custom_0_6b base_0_6b design_1_7b"
set failed=0
for %%k in (%keys%) do (
    echo.
    echo ==== %%k ====
    ".venv\Scripts\python.exe" -m backend.cli models download %%k --provider "%provider%" || set failed=1
)
exit /b %failed%
